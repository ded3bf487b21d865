/**
 * The port forwarder as a process of its own, seen from the control plane: kept running by server/processes/, told of ports
 * by calls, and by a file when it starts again. When its code is another it is not ended: it drains, and a successor takes
 * over the ports.
 */
import { readFileSync } from 'node:fs';
import { chown, mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Home } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { callControlSocket } from '../../processes/control-socket.ts';
import { SupervisedProcess } from '../../processes/supervised-process.ts';
import { type PortsOnRecord, portForwarderFiles, readPorts } from '../places.ts';
import type { ForwardedPort, PortForwarder } from '../port-forwarder.ts';

export interface ProcessPortForwarderOptions {
  home: Home;
  log: Log;
  /** Whom it runs as. */
  identity: UnprivilegedIdentity;
  /** In place of the digest of its code. */
  version?: string;
}

export function createProcessPortForwarder(options: ProcessPortForwarderOptions): PortForwarder {
  return new ProcessPortForwarder(options);
}

class ProcessPortForwarder implements PortForwarder {
  readonly #options: ProcessPortForwarderOptions;
  readonly #files: ReturnType<typeof portForwarderFiles>;
  readonly #process: SupervisedProcess;
  /** As on record. */
  #ports: PortsOnRecord = {};
  #written: Promise<void> = Promise.resolve();
  #isUp = false;

  constructor(options: ProcessPortForwarderOptions) {
    const { home, log, identity, version } = options;
    this.#options = options;
    this.#files = portForwarderFiles(home.runFolder);
    const { socketPath } = this.#files;
    this.#process = new SupervisedProcess({
      ...this.#files,
      log,
      identity,
      version,
      name: 'port forwarder',
      mainFile,
      argv: ['--run', home.runFolder],
      capability: 'net_bind_service',
      drain: async () => void (await callControlSocket(socketPath, 'PUT', '/drain')),
    });
  }

  isFor(hostPort: number): boolean {
    const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    return this.#isUp && hostPort < Number(readFileSync(file, 'utf8'));
  }

  /** Without it guests are reached at the ports that QEMU opens: that is no reason to serve nobody. */
  async start(): Promise<void> {
    const { identity, log } = this.#options;
    const { folder, stateFile } = this.#files;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chown(folder, identity.uid, identity.gid);
    this.#ports = await readPorts(stateFile, readFile);
    try {
      await this.#process.start();
      this.#isUp = true;
    } catch (error) {
      log.error('ports below 1024 are not opened for guests', { error });
    }
  }

  async forward(instanceId: string, ports: readonly ForwardedPort[]): Promise<ForwardedPort[]> {
    if (!this.#isUp || (ports.length === 0 && !this.#ports[instanceId])) return [];
    const answer = await this.#process.call('PUT', `/guests/${instanceId}`, { body: { ports } });
    const opened = (answer as { ports: ForwardedPort[] }).ports;
    if (ports.length === 0) delete this.#ports[instanceId];
    else this.#ports[instanceId] = opened;
    await this.#write();
    return opened;
  }

  close(options: { keepServing: boolean }): Promise<void> {
    return this.#process.close(options);
  }

  /** One after the other, each with what is true then. */
  #write(): Promise<void> {
    const { stateFile } = this.#files;
    const { gid } = this.#options.identity;
    const written = this.#written.then(async () => {
      {
        await using handle = await open(`${stateFile}.new`, 'w', 0o600);
        await handle.writeFile(JSON.stringify(this.#ports));
        await handle.chown(0, gid);
        await handle.chmod(0o640);
      }
      await rename(`${stateFile}.new`, stateFile);
    });
    this.#written = written.catch(() => {});
    return written;
  }
}

/** Beside this file, with the same ending: TypeScript in a checkout, JavaScript where it was built. */
const mainFile = path.join(import.meta.dirname, `../main${path.extname(import.meta.filename)}`);
