/**
 * QEMU as a process of the host: started so that it outlives Imago, found again after Imago was killed, ended for certain.
 *
 * What is on record (`machine.json` in the machine's folder) is believed only if the kernel agrees: same boot of the host,
 * same start time of the pid, and a command line that names this machine. So a recycled pid is never taken for a machine,
 * nor does a record that a broken-out QEMU has forged make Imago kill something else.
 * It deliberately knows nothing of QMP. Linux only: it reads /proc.
 */
import { spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
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
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isRunning,
  type ProcessRecord,
  readProcessRecord,
  recordOf,
} from '../../foundations/process-record.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';

const recordFile = 'machine.json';
const logFile = 'qemu.log';

/** Where programs are looked up; the environment is not handed on to QEMU. */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What of QEMU's own messages goes into an error. */
const logTailBytes = 2000;

const exitPollMs = 10;

export interface Spawning {
  binary: string;
  argv: string[];
  folder: string;
  identity?: UnprivilegedIdentity;
}

/**
 * Starts QEMU in a session of its own with its messages in `qemu.log` and puts it on record. Synchronous to the end, so
 * that nothing comes between the start and the record but a kill -9 within microseconds: findProcess then searches.
 */
export function spawnProcess({ binary, argv, folder, identity }: Spawning): ProcessRecord {
  const log = openRegular(path.join(folder, logFile));
  try {
    const [program = binary, ...args] = [...dropPrivileges(identity), binary, ...argv];
    const child = spawn(program, args, {
      cwd: folder,
      detached: true,
      env: { PATH: programPath, LANG: 'C' },
      stdio: ['ignore', log, log],
    });
    // Without a listener a missing binary would end Imago; with no pid it is reported below.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Error(`${program} could not be started`);
    const record = recordOf(child.pid) ?? { pid: child.pid, startTicks: '' };
    const draft = path.join(folder, `.${recordFile}`);
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify(record), { flag: 'wx', mode: 0o600 });
    renameSync(draft, path.join(folder, recordFile));
    return record;
  } finally {
    closeSync(log);
  }
}

/** The machine's process, if it is alive. */
export function findProcess(instanceId: string, folder: string): ProcessRecord | undefined {
  const record = readProcessRecord(path.join(folder, recordFile));
  if (record) return isAlive(instanceId, record) ? record : undefined;
  // No record, but a log: killed between start and record.
  return existsSync(path.join(folder, logFile)) ? searchProcess(instanceId, folder) : undefined;
}

export function isAlive(instanceId: string, record: ProcessRecord): boolean {
  if (!isRunning(record)) return false;
  const command = commandOf(record.pid);
  return command?.length === 0 || command?.includes(`guest=${instanceId}`) === true;
}

/** Resolves with whether the process was gone within the limit. */
export async function waitForExit(
  instanceId: string,
  record: ProcessRecord,
  limitMs: number,
): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isAlive(instanceId, record)) {
    if (performance.now() >= deadline) return false;
    await sleep(exitPollMs);
  }
  return true;
}

export function killProcess(instanceId: string, record: ProcessRecord): void {
  if (!isAlive(instanceId, record)) return;
  try {
    process.kill(record.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function forgetProcess(folder: string): void {
  rmSync(path.join(folder, recordFile), { force: true });
  rmSync(path.join(folder, logFile), { force: true });
}

/** The end of what QEMU said, for an error message. */
export function logTail(folder: string): string {
  try {
    return readFileSync(path.join(folder, logFile)).subarray(-logTailBytes).toString().trim();
  } catch {
    return '';
  }
}

/**
 * Prefix that makes QEMU an unprivileged process which may still open ports below 1024 for its guest, as
 * CAP_NET_BIND_SERVICE and nothing else. setpriv execs, so the pid stays. An ordinary user needs none of it.
 */
export function dropPrivileges(identity: UnprivilegedIdentity | undefined): string[] {
  if (!identity) return [];
  const group = kvmGroup();
  return [
    'setpriv',
    `--reuid=${identity.uid}`,
    `--regid=${identity.gid}`,
    group === undefined ? '--clear-groups' : `--groups=${group}`,
    '--no-new-privs',
    ...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+net_bind_service`),
    '--',
  ];
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

function searchProcess(instanceId: string, folder: string): ProcessRecord | undefined {
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isSafeInteger(pid) || !commandOf(pid)?.includes(`guest=${instanceId}`)) continue;
    const record = recordOf(pid);
    if (record && worksIn(folder, pid)) return record;
  }
  return undefined;
}

/** Empty for a moment while the process execs (setpriv becomes QEMU) or ends; undefined when there is none. */
function commandOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return undefined;
  }
}

function worksIn(folder: string, pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

/** Opens for appending, never through a link: the folder belongs to QEMU's user. */
function openRegular(file: string): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = openSync(file, flags | constants.O_NONBLOCK, 0o640);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error(`${file} is not a regular file`);
}
