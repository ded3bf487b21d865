/**
 * The servers of api.bench.ts, each a process of its own, and what the kernel says about one: Imago
 * with simulated machines, and as a limit a bare node:http server, which answers every POST with
 * the bytes that it was PUT last.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeBlockStoreDescription } from '../server/blocks/store-description.ts';
import { dataPlaneFiles } from '../server/data-plane/places.ts';
import { createProcessDataPlane } from '../server/data-plane/process/process-data-plane.ts';
import { usualBlockCacheBytes } from '../server/domain/capacity.ts';
import { nodeFiles } from '../server/files/node/node-files.ts';
import { Home } from '../server/foundations/home.ts';
import { silentLog } from '../server/foundations/log.ts';
import { callControlSocket } from '../server/processes/control-socket.ts';

/** The unit of CPU time in /proc: 100 a second wherever Node runs on Linux. */
const tickMs = 10;
const settlePollMs = 200;

/** Kept between calls, as clients do. */
const agent = new Agent({ keepAlive: true });

export class MeasuredServer {
  readonly port: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * The answer, and the milliseconds from the first byte of the request to the last of the answer.
   */
  async send(
    method: string,
    body: Buffer,
    headers: Record<string, string> = {},
  ): Promise<{ answer: Buffer; tookMs: number }> {
    const to = { agent, host: '127.0.0.1', port: this.port };
    const startedMs = performance.now();
    const [message] = await once(request({ ...to, method, headers }).end(body), 'response');
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(message, 'end');
    const tookMs = performance.now() - startedMs;
    const answer = Buffer.concat(chunks);
    if (message.statusCode !== 200) throw new Error(String(answer));
    return { answer, tookMs };
  }

  /**
   * Of all threads, ever; waits until it stands still: work that a call has left behind is that
   * call's.
   */
  async cpuMs(): Promise<number> {
    for (let before = -1; ; await sleep(settlePollMs)) {
      const now = cpuMsOf(this.#child.pid);
      if (now === before) return now;
      before = now;
    }
  }

  memoryMb(field: 'VmRSS' | 'VmHWM'): number {
    return memoryMbOf(this.#child.pid, field);
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

export function cpuMsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

export function memoryMbOf(pid: number | undefined, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}

export async function startImago(home: Home, compileCache: string): Promise<MeasuredServer> {
  const launcher = fileURLToPath(new URL('../bin/imago', import.meta.url));
  const options = ['--hypervisor', 'simulated', '--listen', '127.0.0.1:0', '--home', home.folder];
  const child = spawn(launcher, ['serve', '--json', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  const [document] = await once(child.stdout, 'data');
  return new MeasuredServer(child, Number(/http:\/\/[^"]*:(\d+)/.exec(String(document))?.[1]));
}

export async function startBare(): Promise<MeasuredServer> {
  const child = fork(fileURLToPath(import.meta.url), ['bare']);
  const [port] = await once(child, 'message');
  return new MeasuredServer(child, port);
}

/** Simulated machines have none: one is started beside, without guests. */
export async function dataPlaneRssMb(folder: string): Promise<number> {
  const home = new Home(folder);
  for (const each of [home.runFolder, home.instancesFolder]) mkdirSync(each);
  const description = { kind: 'fs', folder: home.blocksFolder } as const;
  await writeBlockStoreDescription(nodeFiles, home.blockStoreFile, description, {});
  const dataPlane = createProcessDataPlane({
    home,
    log: silentLog,
    blockCacheBytes: usualBlockCacheBytes,
  });
  await dataPlane.start();
  const status = await callControlSocket(dataPlaneFiles(home).socketPath, 'GET', '/status');
  const rss = memoryMbOf((status as { pid: number }).pid, 'VmRSS');
  await dataPlane.close({ keepServing: false });
  return rss;
}

/** In the child. */
function serveBare(): void {
  let answer = Buffer.alloc(0);
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      if (message.method === 'PUT') answer = Buffer.concat(chunks);
      response.writeHead(200, { 'content-length': answer.length }).end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

if (process.argv[2] === 'bare') serveBare();
