/**
 * The data plane as a process of its own, seen from the control plane: kept running by
 * server/processes/, told of guests by their files. It outlives the control plane; the next one
 * adopts it.
 * It holds no state about guests: that is in their files, so a process that comes back knows them.
 */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import type { Home } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import type { LinkTraffic } from '../../network/network.ts';
import {
  ControlError,
  callControlSocket,
  upgradeControlSocket,
} from '../../processes/control-socket.ts';
import { FileToRead } from '../../processes/process-files.ts';
import { type Pulse, SupervisedProcess } from '../../processes/supervised-process.ts';
import type { DataPlane, GuestAttachment } from '../data-plane.ts';
import { instanceIdPattern, removeGuestFile, writeGuestFile } from '../guest-file.ts';
import { dataPlaneFiles } from '../places.ts';

export interface ProcessDataPlaneOptions {
  home: Home;
  log: Log;
  /** Whom the process runs as, where Imago is root. */
  identity?: UnprivilegedIdentity;
  /** Of plain blocks in memory, shared by all guests. */
  blockCacheBytes: number;
  /** What of the host guests may reach: `all`, or `address:port` separated by commas. */
  hostReach?: string;
  nodePath?: string;
  /** In place of the digest of its code. */
  version?: string;
  pulse?: Pulse;
}

export function createProcessDataPlane(options: ProcessDataPlaneOptions): DataPlane {
  return new ProcessDataPlane(options);
}

class ProcessDataPlane implements DataPlane {
  readonly #home: Home;
  readonly #identity: UnprivilegedIdentity | undefined;
  readonly #process: SupervisedProcess;
  readonly #instanceIds = new Set<string>();
  readonly #list: FileToRead;
  /** All that were handed over: a process that is started again has none of them. */
  readonly #secrets = new Set<string>();

  constructor({ home, identity, hostReach, blockCacheBytes, ...options }: ProcessDataPlaneOptions) {
    this.#home = home;
    this.#identity = identity;
    const { listFile, ...files } = dataPlaneFiles(home);
    this.#list = new FileToRead(listFile, () => [...this.#instanceIds], identity);
    this.#process = new SupervisedProcess({
      ...options,
      ...files,
      name: 'data plane',
      mainFile,
      argv: [
        ...['--home', home.folder, '--block-cache', `${blockCacheBytes}`],
        ...(hostReach ? ['--host-reach', hostReach] : []),
      ],
      identity,
      started: () => this.#handOver([...this.#secrets]),
    });
  }

  async start(): Promise<void> {
    const names = await readdir(this.#home.instancesFolder);
    for (const name of names) if (instanceIdPattern.test(name)) this.#instanceIds.add(name);
    await this.#list.write();
    await this.#process.start();
  }

  async attach(folder: string, attachment: GuestAttachment): Promise<void> {
    const { instanceId } = attachment;
    this.#checkFolder(folder, instanceId);
    await writeGuestFile(folder, attachment, this.#identity);
    if ((attachment.layout ?? 1) > 1) await this.#makeLogs(folder);
    if (!this.#instanceIds.has(instanceId)) {
      this.#instanceIds.add(instanceId);
      await this.#list.write();
    }
    await this.#process.call('PUT', `/guests/${instanceId}`);
  }

  async giveKeys(secrets: readonly Buffer[]): Promise<void> {
    const given = secrets.map((secret) => secret.toString('base64'));
    for (const secret of given) this.#secrets.add(secret);
    if (given.length > 0) await this.#process.call('PUT', '/keys', { body: { secrets: given } });
  }

  async #handOver(secrets: readonly string[]): Promise<void> {
    if (secrets.length === 0) return;
    const { socketPath } = dataPlaneFiles(this.#home);
    await callControlSocket(socketPath, 'PUT', '/keys', { body: { secrets } });
  }

  async detach(folder: string, instanceId: string): Promise<void> {
    this.#checkFolder(folder, instanceId);
    await removeGuestFile(folder);
    if (this.#instanceIds.delete(instanceId)) await this.#list.write();
    await this.#process.call('DELETE', `/guests/${instanceId}`);
  }

  async console(instanceId: string): Promise<Duplex | undefined> {
    const { socketPath } = dataPlaneFiles(this.#home);
    const resource = `/guests/${instanceId}/console`;
    return upgradeControlSocket(socketPath, resource, 'imago-console').catch((error) => {
      if (error instanceof ControlError) return undefined;
      throw error;
    });
  }

  async answersSsh(instanceId: string): Promise<boolean> {
    const { socketPath } = dataPlaneFiles(this.#home);
    const answer = await callControlSocket(socketPath, 'GET', `/guests/${instanceId}/ssh`);
    return (answer as { answers?: unknown } | undefined)?.answers === true;
  }

  /** One that is away has served nobody meanwhile: it is not waited for. */
  async traffic(): Promise<Map<string, LinkTraffic>> {
    const { socketPath } = dataPlaneFiles(this.#home);
    const answer = await callControlSocket(socketPath, 'GET', '/traffic');
    const entries = Object.entries((answer ?? {}) as Record<string, Partial<LinkTraffic> | null>);
    return new Map(
      entries
        .filter(([instanceId]) => this.#instanceIds.has(instanceId))
        .map(([instanceId, traffic]) => [instanceId, believable(traffic ?? {})]),
    );
  }

  close(options: { keepServing: boolean }): Promise<void> {
    return this.#process.close(options);
  }

  /**
   * What the process cuts logs into (QEMU's is made with QEMU): it can make no file in a folder of
   * Imago's own.
   */
  async #makeLogs(folder: string): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
    for (const name of ['console.log', 'console.old', 'qemu.old']) {
      await using handle = await open(path.join(folder, name), flags, 0o640);
      if (this.#identity) await handle.chown(this.#identity.uid, this.#identity.gid);
    }
  }

  /** The process finds machines by their ids in the home folder. */
  #checkFolder(folder: string, instanceId: string): void {
    if (path.resolve(folder) !== this.#home.machineFolder(instanceId)) {
      throw new RangeError(`${folder} is not the folder of ${instanceId}`);
    }
  }
}

/** Guests may have taken the process over: it is held to numbers. */
function believable(traffic: Partial<LinkTraffic>): LinkTraffic {
  const count = (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
  return {
    receivedBytes: count(traffic.receivedBytes),
    receivedPackets: count(traffic.receivedPackets),
    sentBytes: count(traffic.sentBytes),
    sentPackets: count(traffic.sentPackets),
  };
}

/**
 * Beside this file, with the same ending: TypeScript in a checkout, JavaScript where it was built.
 */
const mainFile = path.join(import.meta.dirname, `../main${path.extname(import.meta.filename)}`);
