/**
 * A real Imago for a test: `bin/imago serve` as a child process with a home of its own, and
 * official clients on it. `dispose` leaves nothing: guests, the data plane and the folder are gone.
 * When a test of the file fails, the log is shown.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EC2Client } from '@aws-sdk/client-ec2';
import { STSClient } from '@aws-sdk/client-sts';
import { until } from './until.ts';

export const repository = path.resolve(import.meta.dirname, '../..');
export const launcher = path.join(repository, 'bin/imago');

/**
 * Longer than any start on a loaded two-core machine; a start that hangs fails the test with its
 * log.
 */
const readyTimeoutMs = 180_000;

const logTailChars = 8000;

export interface ImagoOptions {
  hypervisor: 'qemu' | 'simulated';
  home?: string;
  regions?: string[];
  environment?: Record<string, string>;
  /** More of `imago serve`'s. */
  flags?: string[];
  /** Run as this user instead of the one that runs the tests. */
  user?: { uid: number; gid: number };
  /** Another checkout's `bin/imago`. */
  launcher?: string;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export class ImagoProcess {
  readonly home: string;
  readonly #options: ImagoOptions;
  #child: ChildProcess | undefined;
  endpoint = '';
  log = '';

  private constructor(options: ImagoOptions) {
    this.#options = options;
    this.home = options.home ?? newHome();
  }

  static async start(options: ImagoOptions): Promise<ImagoProcess> {
    const imago = new ImagoProcess(options);
    process.once('exit', (code) => {
      if (code !== 0) console.error(`the log of Imago ends:\n${imago.log.slice(-logTailChars)}`);
    });
    try {
      await imago.start();
    } catch (error) {
      await imago.dispose();
      throw error;
    }
    return imago;
  }

  async start(environment: Record<string, string> = {}): Promise<void> {
    const port = this.endpoint ? new URL(this.endpoint).port : '0';
    const regions = (this.#options.regions ?? []).flatMap((region) => ['--region', region]);
    const child = spawn(
      this.#options.launcher ?? launcher,
      [
        'serve',
        ...['--home', this.home, '--listen', `127.0.0.1:${port}`],
        ...['--hypervisor', this.#options.hypervisor],
        ...regions,
        ...(this.#options.flags ?? []),
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        ...this.#options.user,
        env: { ...process.env, ...this.#options.environment, ...environment },
      },
    );
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    this.endpoint = await readyLine(child, () => this.log);
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (!pid) throw new Error('Imago is not running');
    return pid;
  }

  get dataPlanePid(): number {
    const pid = this.#dataPlaneOnRecord();
    if (!pid) throw new Error('no data plane is on record');
    return pid;
  }

  /** Resolves when another is on record. */
  async killDataPlane(limitMs: number): Promise<void> {
    const killed = this.dataPlanePid;
    process.kill(killed, 'SIGKILL');
    const isAnother = () => ![undefined, killed].includes(this.#dataPlaneOnRecord());
    await until('the data plane is started again', isAnother, limitMs);
  }

  /** None from when one is known to have ended until the next has begun. */
  #dataPlaneOnRecord(): number | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.home, 'run/data-plane.pid'), 'utf8')).pid;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  get credentials(): Credentials {
    const text = readFileSync(path.join(this.home, 'credentials'), 'utf8');
    const value = (key: string) => new RegExp(`^${key}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
    return {
      accessKeyId: value('aws_access_key_id'),
      secretAccessKey: value('aws_secret_access_key'),
    };
  }

  /** As the first account, unless other keys are given. */
  ec2(region = 'us-east-1', credentials = this.credentials): EC2Client {
    return new EC2Client({
      endpoint: this.endpoint,
      region,
      credentials,
      maxAttempts: 1,
    });
  }

  sts(region = 'us-east-1'): STSClient {
    return new STSClient({ endpoint: this.endpoint, region, credentials: this.credentials });
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Resolves when the process ends by itself (a fault that was asked for). */
  async exited(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      await new Promise((resolve) => child.once('exit', resolve));
    }
    this.#child = undefined;
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return exit;
  }

  async dispose(): Promise<void> {
    await this.stop();
    killProcessesOf(this.home);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Short, because unix sockets lie in it; passable for the unprivileged identity of QEMU. */
export function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'im-'));
  chmodSync(home, 0o711);
  return home;
}

async function readyLine(child: ChildProcess, log: () => string): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Imago was not ready in time:\n${output}${log()}`));
    }, readyTimeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const endpoint = /https?:\/\/\S+/.exec(output)?.[0];
      if (!endpoint || !output.includes('\n')) return;
      clearTimeout(timer);
      resolve(endpoint);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`Imago ended with ${code} before it was ready:\n${output}${log()}`));
    });
  });
}

/**
 * Guests and the data plane are sessions of their own: found by the home folder in their command
 * lines or cwd.
 */
export function processesOf(home: string): number[] {
  const found: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      const folder = readlinkSync(`/proc/${entry}/cwd`);
      if (command.includes(`${home}/`) || folder.startsWith(`${home}/`)) found.push(Number(entry));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function killProcessesOf(home: string): void {
  if (!existsSync(home)) return;
  for (const pid of processesOf(home)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
