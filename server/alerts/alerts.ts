/**
 * What the operator is told of by itself: by a POST of JSON to addresses, commands, and mail. Each
 * way is tried a few times within a bounded time, beside the others; what does not arrive is in the
 * log, and holds up nobody. After a restart it may come twice: it has an id.
 */
import { spawn } from 'node:child_process';
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

const usualTimeoutMs = 15_000;
const usualPausesMs = [1000, 10_000];

export class Alerts {
  readonly #options: AlertsOptions;

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** Resolves when each way is through, or given up. */
  async tell(alert: Alert, signal: AbortSignal): Promise<void> {
    const { urls, commands, mail } = this.#options.places;
    const { sendmail = 'sendmail' } = this.#options;
    const { id, kind, subject, details } = alert;
    const json = `${JSON.stringify({ id, kind, subject, ...details }, undefined, 2)}\n`;
    const letter = (to: string) =>
      `To: ${to}\nSubject: ${oneLine(subject)}\nContent-Type: text/plain; charset=utf-8\n\n${subject}\n\n${json}`;
    await Promise.all([
      ...urls.map((url) => this.#tried(url, signal, (limit) => post(url, json, limit))),
      ...commands.map((argv) =>
        this.#tried(argv[0] ?? '', signal, (limit) => run(argv, json, limit)),
      ),
      ...mail.map((to) =>
        this.#tried(to, signal, (limit) => run([sendmail, '-i', '--', to], letter(to), limit)),
      ),
    ]);
  }

  async #tried(
    way: string,
    signal: AbortSignal,
    send: (limit: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { log, timeoutMs = usualTimeoutMs, pausesMs = usualPausesMs } = this.#options;
    for (const pauseMs of [...pausesMs, undefined]) {
      try {
        return await send(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      } catch (error) {
        signal.throwIfAborted();
        if (pauseMs === undefined) log.error('an alert could not be told', { way, error });
        else await delay(pauseMs, undefined, { signal });
      }
    }
  }
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
  const child = spawn(program, args, { stdio, signal, killSignal: 'SIGKILL' });
  child.on('error', reject);
  child.on('exit', (code) =>
    code === 0 ? resolve() : reject(new Error(`${program} ends with ${code}`)),
  );
  // It need not read.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  await promise;
}

/** A header has no other lines, nor what is not ASCII. */
function oneLine(text: string): string {
  const line = text.replace(/[^\x21-\x7e]+/g, ' ');
  return line.slice(0, 200);
}
