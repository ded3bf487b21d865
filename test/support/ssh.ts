/**
 * SSH into a guest as a user would: OpenSSH's client, an identity file, nothing shared between
 * calls.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { pauseSince } from './until.ts';

const run = promisify(execFile);
const consoleTailChars = 2000;

export interface SshTarget {
  address: string;
  port?: number;
  keyFile: string;
  user?: string;
  /** For guests that are slow to answer though they do; absent: 5. */
  connectTimeoutS?: number;
  /** What the guest wrote to its serial console: told when it cannot be reached. */
  consoleFile?: string;
}

export function sshArguments(target: SshTarget): string[] {
  return [
    ...['-i', target.keyFile, '-p', String(target.port ?? 22)],
    ...['-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'LogLevel=ERROR'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ...['-o', `ConnectTimeout=${target.connectTimeoutS ?? 5}`, '-F', 'none'],
    `${target.user ?? 'admin'}@${target.address}`,
  ];
}

/** Standard output of the command in the guest; throws with its standard error when it fails. */
export async function ssh(
  target: SshTarget,
  command: string,
  options: { timeoutMs?: number; input?: string | Buffer } = {},
): Promise<string> {
  const child = run('ssh', [...sshArguments(target), command], {
    timeout: options.timeoutMs ?? 180_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  // A client that gives up before it read everything is reported by its exit code.
  child.child.stdin?.on('error', () => {});
  child.child.stdin?.end(options.input);
  return (await child).stdout;
}

/** Tries until the guest lets us in; returns milliseconds from the call to the first answer. */
export async function waitForSsh(target: SshTarget, timeoutMs: number): Promise<number> {
  const started = Date.now();
  for (;;) {
    try {
      await ssh(target, 'true', { timeoutMs: 15_000 });
      return Date.now() - started;
    } catch (error) {
      if (Date.now() - started > timeoutMs) {
        const said = consoleTail(target);
        throw new Error(`no SSH at ${target.address} after ${timeoutMs} ms${said}`, {
          cause: error,
        });
      }
      await pauseSince(started, 300);
    }
  }
}

function consoleTail({ consoleFile }: SshTarget): string {
  if (!consoleFile || !existsSync(consoleFile)) return '';
  return `; its console ends:\n${readFileSync(consoleFile, 'utf8').slice(-consoleTailChars)}`;
}

/** The machine's own ed25519 key, as anybody sees it from outside. */
export async function hostKeyOf(target: SshTarget): Promise<string> {
  const { stdout } = await run('ssh-keyscan', [
    ...['-t', 'ed25519', '-p', String(target.port ?? 22), '-T', '20', target.address],
  ]);
  return stdout.trim().split(' ').at(-1) ?? '';
}
