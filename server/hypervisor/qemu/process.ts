/**
 * QEMU as a process of the host: started so that it outlives Imago, found again after Imago was
 * killed, ended for certain.
 *
 * What is on record (`machine.json` in the machine's folder) is believed only if the kernel agrees:
 * same boot of the host, same start time of the pid, and a command line that names this machine. So
 * a recycled pid is never taken for a machine, nor does a record that a broken-out QEMU has forged
 * make Imago kill something else.
 * It knows nothing of QMP. Linux only: it reads /proc.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { socketsFolder } from '../../foundations/home.ts';
import {
  commandOf,
  isRunning,
  type ProcessRecord,
  readProcessRecord,
  recordOf,
  signalProcess,
  waitUntilGone,
} from '../../foundations/process-record.ts';
import { readEnd } from '../../foundations/regular-file.ts';
import { asIdentity, type UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import type { MachineLayout } from '../hypervisor.ts';

const recordFile = 'machine.json';
const logFile = 'qemu.log';
const consoleLogFile = 'console.log';
/** One of each form of folders: from layout 2 on it is the same. */
const formsOfFolder = [2, 1] as const;
const known: readonly number[] = [1, 2, 3] satisfies MachineLayout[];

/** Where programs are looked up; the environment is not handed on to QEMU. */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What of QEMU's own messages goes into an error. */
const logTailBytes = 2000;

export interface MachineProcess extends ProcessRecord {
  layout: MachineLayout;
}

export interface Spawning {
  binary: string;
  argv: string[];
  folder: string;
  layout: MachineLayout;
  owner?: UnprivilegedIdentity;
  /** Who cuts the log of a machine of layout 2. */
  logOwner?: UnprivilegedIdentity;
}

/**
 * What QEMU makes in its folder is for its user and the folder's group: the data plane connects to
 * its sockets. There is no other way to tell a process its mask than to have it for the moment of
 * the start.
 */
const machineMask = 0o007;

/** Set by spawnProcess as descriptor 3; QEMU knows it by this set. */
export const consoleLogSet = 1;

/**
 * Starts QEMU in a session of its own with its messages in `qemu.log` and puts it on record.
 * Synchronous to the end, so that nothing comes between the start and the record but a kill -9
 * within microseconds: findProcess then searches.
 */
export function spawnProcess(spawning: Spawning): MachineProcess {
  const { binary, argv, folder, layout, owner, logOwner } = spawning;
  const log = openRegular(path.join(folder, logFile));
  if (layout !== 1 && logOwner) fchownSync(log, logOwner.uid, logOwner.gid);
  // In layout 1 QEMU opens it itself.
  const consoleLog = layout === 1 ? undefined : openRegular(path.join(folder, consoleLogFile));
  const [program = binary, ...args] = [...dropPrivileges(owner), binary, ...argv];
  const mask = process.umask(machineMask);
  try {
    const child = spawn(program, args, {
      cwd: socketsFolder(folder, layout),
      detached: true,
      env: { PATH: programPath, LANG: 'C' },
      stdio: ['ignore', log, log, consoleLog ?? 'ignore'],
    });
    // Without a listener a missing binary would end Imago; with no pid it is reported below.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    const found = recordOf(child.pid) ?? { pid: child.pid, startTicks: '' };
    const record: MachineProcess = { ...found, layout };
    const draft = path.join(folder, `.${recordFile}`);
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify(record), { flag: 'wx', mode: 0o600 });
    renameSync(draft, path.join(folder, recordFile));
    return record;
  } finally {
    process.umask(mask);
    closeSync(log);
    if (consoleLog !== undefined) closeSync(consoleLog);
  }
}

/** The machine's process, if it is alive. */
export function findProcess(instanceId: string, folder: string): MachineProcess | undefined {
  const record = readProcessRecord(path.join(folder, recordFile)) as MachineProcess | undefined;
  if (record) {
    const layout = known.includes(record.layout) ? record.layout : 1;
    return isAlive(instanceId, record) ? { ...record, layout } : undefined;
  }
  // No record, but a log: killed between start and record.
  return existsSync(path.join(folder, logFile)) ? searchProcess(instanceId, folder) : undefined;
}

/**
 * For a moment a process has no command line: while it execs (setpriv becomes QEMU) or ends. Then
 * it counts if it leads a session, as machines do; a thread of the kernel, which never has a
 * command line, does not.
 */
export function isAlive(instanceId: string, record: ProcessRecord): boolean {
  if (!isRunning(record)) return false;
  const command = commandOf(record.pid);
  if (command?.length === 0) return leadsSession(record.pid);
  return command?.includes(`guest=${instanceId}`) === true;
}

/** Resolves with whether the process was gone within the limit. */
export function waitForExit(
  instanceId: string,
  record: ProcessRecord,
  limitMs: number,
): Promise<boolean> {
  return waitUntilGone(() => isAlive(instanceId, record), limitMs);
}

export function killProcess(instanceId: string, record: ProcessRecord): void {
  if (isAlive(instanceId, record)) signalProcess(record, 'SIGKILL');
}

export function forgetProcess(folder: string): void {
  rmSync(path.join(folder, recordFile), { force: true });
  rmSync(path.join(folder, logFile), { force: true });
}

/** The end of what QEMU said, for an error message. */
export function logTail(folder: string): string {
  return readEnd(path.join(folder, logFile), logTailBytes)?.toString().trim() ?? '';
}

/**
 * Prefix that makes QEMU a process without any privilege but to use KVM. An ordinary user needs
 * none of it.
 */
export function dropPrivileges(identity: UnprivilegedIdentity | undefined): string[] {
  return identity ? asIdentity(identity, { group: kvmGroup() }) : [];
}

/** The group that may open /dev/kvm, unless that is root's. */
function kvmGroup(): number | undefined {
  try {
    const { gid, mode } = statSync('/dev/kvm');
    return gid !== 0 && (mode & 0o060) === 0o060 ? gid : undefined;
  } catch {
    return undefined;
  }
}

function searchProcess(instanceId: string, folder: string): MachineProcess | undefined {
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || !commandOf(pid)?.includes(`guest=${instanceId}`)) continue;
    const record = recordOf(pid);
    const layout = formsOfFolder.find((each) => worksIn(socketsFolder(folder, each), pid));
    if (record && layout) return { ...record, layout };
  }
  return undefined;
}

function leadsSession(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3] === `${pid}`;
  } catch {
    return false;
  }
}

function worksIn(folder: string, pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

/** Opens for appending, never through a link: in layout 1 the folder belongs to QEMU's user. */
function openRegular(file: string): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(file, flags | constants.O_NONBLOCK, 0o640);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error(`${file} is not a regular file`);
}
