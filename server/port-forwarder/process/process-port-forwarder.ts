/**
 * The port forwarder as a process of its own, seen from the control plane: kept running by
 * server/processes/, told of ports by calls, and by a file when it starts again. When its code is
 * another it is not ended: it drains, and a successor takes over the ports.
 */
import path from 'node:path';
import type { Home } from '../../foundations/home.ts';
import { unprivilegedPortMin } from '../../foundations/host-ports.ts';
import type { Log } from '../../foundations/log.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import { callControlSocket } from '../../processes/control-socket.ts';
import { FileToRead } from '../../processes/process-files.ts';
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
  readonly #log: Log;
  readonly #files: ReturnType<typeof portForwarderFiles>;
  readonly #process: SupervisedProcess;
  readonly #state: FileToRead;
  /** As on record. */
  #ports: PortsOnRecord = {};
  #isUp = false;

  constructor({ home, log, identity, version }: ProcessPortForwarderOptions) {
    this.#log = log;
    this.#files = portForwarderFiles(home.runFolder);
    const { socketPath, stateFile } = this.#files;
    this.#state = new FileToRead(stateFile, () => this.#ports, identity);
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
    return this.#isUp && hostPort < unprivilegedPortMin();
  }

  /**
   * Without it guests are reached at the ports that QEMU opens: that is no reason to serve nobody.
   */
  async start(): Promise<void> {
    this.#ports = await readPorts(this.#files.stateFile);
    try {
      await this.#process.start();
      this.#isUp = true;
    } catch (error) {
      this.#log.error('ports below 1024 are not opened for guests', { error });
    }
  }

  async forward(instanceId: string, ports: readonly ForwardedPort[]): Promise<ForwardedPort[]> {
    if (!this.#isUp || (ports.length === 0 && !this.#ports[instanceId])) return [];
    const answer = await this.#process.call('PUT', `/guests/${instanceId}`, { body: { ports } });
    const opened = (answer as { ports: ForwardedPort[] }).ports;
    if (ports.length === 0) delete this.#ports[instanceId];
    else this.#ports[instanceId] = opened;
    await this.#state.write();
    return opened;
  }

  close(options: { keepServing: boolean }): Promise<void> {
    return this.#process.close(options);
  }
}

/**
 * Beside this file, with the same ending: TypeScript in a checkout, JavaScript where it was built.
 */
const mainFile = path.join(import.meta.dirname, `../main${path.extname(import.meta.filename)}`);
