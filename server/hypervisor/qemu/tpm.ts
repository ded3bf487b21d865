/**
 * The TPM of a guest: swtpm, a process beside QEMU, of the same user, without privileges and under
 * its own seccomp filter. It is started right before QEMU and ends by itself when QEMU lets go of
 * it; one that nobody came to is ended by its record. What the TPM keeps is in a folder of the
 * machine's user and lives as long as the machine.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, lstatSync, rmSync, writeFileSync } from 'node:fs';
import { lchown } from 'node:fs/promises';
import path from 'node:path';
import { makeLastingFolder } from '../../files/lasting-folder.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import { socketsFolder } from '../../foundations/home.ts';
import {
  isRunning,
  readProcessRecord,
  recordOf,
  signalProcess,
  waitUntilGone,
} from '../../foundations/process-record.ts';
import type { MachineSpec } from '../hypervisor.ts';
import { tpmSocket } from './command-line.ts';
import { dropPrivileges, programPath } from './process.ts';

const program = 'swtpm';
/** In QEMU's working folder. */
const stateFolder = 'tpm';
/** In the machine's folder. */
const recordFile = 'tpm.json';

/** Far above what it takes, also on a busy host. */
const startLimitMs = 30_000;
/** It writes what it keeps at once; to end takes it a moment. */
const endLimitMs = 5000;

/** Whether this host has swtpm. */
export function hasTpm(): boolean {
  return programPath.split(':').some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export async function startTpm({
  folder,
  layout,
  owner,
}: Pick<MachineSpec, 'folder' | 'layout' | 'owner'>): Promise<void> {
  const work = socketsFolder(folder, layout);
  const state = path.join(work, stateFolder);
  // What a guest has sealed with its TPM is lost with the folder.
  await makeLastingFolder(nodeFiles, state, 0o700);
  if (owner) await lchown(state, owner.uid, owner.gid);
  const words = [
    ...[program, 'socket', '--tpm2', '--tpmstate', `dir=${stateFolder}`],
    ...['--ctrl', `type=unixio,path=${tpmSocket}`, '--terminate'],
  ];
  const [command = program, ...args] = [...dropPrivileges(owner), ...words];
  const child = spawn(command, args, {
    cwd: work,
    detached: true,
    env: { PATH: programPath, LANG: 'C' },
    stdio: 'ignore',
  });
  // Without a listener a missing program would end Imago; with no pid it is reported below.
  child.on('error', () => {});
  child.unref();
  const record = child.pid === undefined ? undefined : recordOf(child.pid);
  if (!record) throw new Error('swtpm, the TPM of guests, could not be started');
  const file = path.join(folder, recordFile);
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(record), { flag: 'wx', mode: 0o600 });
  const isStarting = () => isRunning(record) && !isSocket(path.join(work, tpmSocket));
  await waitUntilGone(isStarting, startLimitMs);
  if (isSocket(path.join(work, tpmSocket))) return;
  await endTpm(folder);
  throw new Error('swtpm, the TPM of guests, did not begin to listen');
}

/** That of a machine which has ended, or did not come to start. */
export async function endTpm(folder: string): Promise<void> {
  const file = path.join(folder, recordFile);
  const record = readProcessRecord(file);
  if (!record) return;
  const isThere = () => isRunning(record);
  if (!(await waitUntilGone(isThere, endLimitMs))) {
    signalProcess(record, 'SIGKILL');
    await waitUntilGone(isThere, endLimitMs);
  }
  rmSync(file, { force: true });
}

function isSocket(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSocket() === true;
}
