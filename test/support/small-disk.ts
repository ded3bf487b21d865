/**
 * A small disk for a test: a file system in memory, mounted where nobody else sees it, and a script
 * that runs with it as its working directory. `tellOnSmallDisk` starts this file in a namespace of
 * its own, which mounts and starts the script. An ordinary user, who may not mount, is root in a
 * namespace for that moment, and itself again in the script.
 */
import { type ExecFileException, execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** `named` is an ordinary user that had to take the name of root for the mount. */
export type Role = 'root' | 'ordinary' | 'named';

const isRoot = process.getuid?.() === 0;
/** Root tells it as somebody else, too. */
export const roles: Role[] = isRoot ? ['root', 'ordinary'] : ['named'];
const namespace = isRoot ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
/** Owns no file of the system that could be harmed. */
const somebody = 65_534;
const outputMaxBytes = 2 ** 26;

export interface SmallDisk {
  role: Role;
  bytes: number;
  script: string;
  arguments: string[];
  limitMs: number;
}

/** Resolves with what the script said when it failed, with nothing when it did not. */
export function tellOnSmallDisk(disk: SmallDisk): Promise<string> {
  const own = [import.meta.filename, disk.role, String(disk.bytes), disk.script];
  const argv = [...namespace, process.execPath, ...own, ...disk.arguments];
  const options = { timeout: disk.limitMs, maxBuffer: outputMaxBytes };
  return new Promise((resolve) => {
    const ended = (error: ExecFileException | null, stdout: string, stderr: string) =>
      resolve(error ? `${error.message}\n${stdout}${stderr}` : '');
    execFile('unshare', argv, options, ended);
  });
}

/** In the namespace. */
function mountAndRun(role: Role, bytes: string, script: string, rest: string[]): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'im-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0777`, 'imago', folder]);
  try {
    const [program = '', ...argv] = [...asItself(role), process.execPath, script, ...rest];
    execFileSync(program, argv, { cwd: folder, stdio: 'inherit' });
  } catch {
    // The script has told why.
    process.exitCode = 1;
  } finally {
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  }
}

function asItself(role: Role): string[] {
  if (role === 'root') return [];
  if (role === 'named') return ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  return ['setpriv', `--reuid=${somebody}`, `--regid=${somebody}`, '--clear-groups'];
}

if (import.meta.main) {
  const [role, bytes = '', script = '', ...rest] = process.argv.slice(2);
  mountAndRun(role as Role, bytes, script, rest);
}
