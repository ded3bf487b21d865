/**
 * What the operator is told of by itself: by a POST of JSON to addresses, commands, and mail. Each
 * way is tried a few times within a bounded time, beside the others; what does not arrive is in the
 * log, is answered to whoever told it, and holds up nobody. After a restart it may come twice: it
 * has an id.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../foundations/log.ts';

export interface AlertPlaces {
  /** Of http or https. */
  urls: readonly string[];
  /** Program and arguments; it reads the alert from its standard input. */
  commands: readonly (readonly string[])[];
  /** Addresses, which the machine's sendmail knows the way to. */
  mail: readonly string[];
}

export interface Alert {
  /** Of what it is about: the same one has the same. */
  id: string;
  kind: string;
  /** One line. */
  subject: string;
  /** JSON, for programs. */
  details: object;
}

export interface AlertsOptions {
  places: AlertPlaces;
  log: Log;
  sendmail?: string;
  timeoutMs?: number;
  /** Before the second attempt and each after it. */
  pausesMs?: readonly number[];
}

/** Where users who are not root do not look for programs. */
const sendmailFiles = ['/usr/sbin/sendmail', '/usr/lib/sendmail'];
const usualTimeoutMs = 15_000;
const usualPausesMs = [1000, 10_000];

export class Alerts {
  readonly #options: AlertsOptions;

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when each way is through, or given up, with those that were given up: as accounts may
   * see them, without what a URL or a command has of secrets.
   */
  async tell(alert: Alert, signal: AbortSignal): Promise<string[]> {
    const { urls, commands, mail } = this.#options.places;
    const { sendmail = sendmailFiles.find((file) => existsSync(file)) ?? 'sendmail' } =
      this.#options;
    const { id, kind, subject, details } = alert;
    const json = `${JSON.stringify({ id, kind, subject, ...details }, undefined, 2)}\n`;
    const letter = (to: string) =>
      `To: ${to}\nSubject: ${oneLine(subject)}\nContent-Type: text/plain; charset=utf-8\n\n${subject}\n\n${json}`;
    const ways: [string, (limit: AbortSignal) => Promise<void>][] = [
      ...urls.map((url) =>
        way(`webhook of ${new URL(url).host}`, (limit) => post(url, json, limit)),
      ),
      ...commands.map((argv) =>
        way(`command ${path.basename(argv[0] ?? '')}`, (limit) => run(argv, json, limit)),
      ),
      ...mail.map((to) =>
        way('mail', (limit) => run([sendmail, '-i', '--', to], letter(to), limit)),
      ),
    ];
    const through = await Promise.all(ways.map(([name, send]) => this.#tried(name, signal, send)));
    return ways.flatMap(([name], index) => (through[index] ? [] : name));
  }

  async #tried(
    way: string,
    signal: AbortSignal,
    send: (limit: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    const { log, timeoutMs = usualTimeoutMs, pausesMs = usualPausesMs } = this.#options;
    for (const pauseMs of [...pausesMs, undefined]) {
      try {
        await send(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
        return true;
      } catch (error) {
        signal.throwIfAborted();
        if (pauseMs === undefined) log.error('an alert could not be told', { way, error });
        else await delay(pauseMs, undefined, { signal });
      }
    }
    return false;
  }
}

function way(name: string, send: (limit: AbortSignal) => Promise<void>): [string, typeof send] {
  return [name, send];
}

async function post(url: string, body: string, signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
}

async function run(argv: readonly string[], input: string, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stdio: ['pipe', 'ignore', 'ignore'] = ['pipe', 'ignore', 'ignore'];
  // A group of its own, which ends with what it has begun.
  const child = spawn(program, args, { stdio, detached: true });
  const late = () => {
    if (child.pid !== undefined) killGroup(child.pid);
    reject(signal.reason);
  };
  if (signal.aborted) late();
  signal.addEventListener('abort', late, { once: true });
  // Not the error itself, which has the arguments.
  child.on('error', ({ message }) => reject(new Error(message)));
  child.on('exit', (code) =>
    code === 0 ? resolve() : reject(new Error(`${program} ends with ${code}`)),
  );
  // It need not read.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await promise.finally(() => signal.removeEventListener('abort', late));
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

/** A header has no other lines, nor what is not ASCII. */
function oneLine(text: string): string {
  const line = text.replace(/[^\x21-\x7e]+/g, ' ');
  return line.slice(0, 200);
}
