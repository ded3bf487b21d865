/**
 * This machine as a host: its hypervisor, its data plane and the layers in its home, composed. It
 * keeps no state of its own: a machine is found again by its folder, a layer by its file.
 */
import type { Duplex } from 'node:stream';
import type { BlockStores } from '../../blocks/block-stores.ts';
import type { Sealing } from '../../blocks/sealed-blocks.ts';
import type { DataPlane } from '../../data-plane/data-plane.ts';
import type { OpenLayers } from '../../disk/open-layers.ts';
import type { UploadResult } from '../../disk/upload-layers.ts';
import type { Files } from '../../files/files.ts';
import type { Home } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import type { UefiVariable } from '../../foundations/uefi-data.ts';
import { guestIdentity, type UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import {
  type Hypervisor,
  MachineAbsentError,
  MachineUnknownError,
  NoDiskError,
  NoMemoryError,
  type PortForward,
} from '../../hypervisor/hypervisor.ts';
import { makeMachineFolder, removeMachineFolder } from '../../hypervisor/machine-folder.ts';
import type { PortForwarder } from '../../port-forwarder/port-forwarder.ts';
import {
  type Applied,
  type GuestKeys,
  type GuestSpec,
  type GuestStatus,
  type GuestUsage,
  type Host,
  type HostDescription,
  type HostMeasures,
  HostMemoryError,
  type LayerBase,
  type LayersToRead,
  NoConsoleError,
  type PivotRequest,
  type PivotResult,
  type PlainBase,
  type PlainBaseFile,
  type UploadOptions,
  type UploadRequest,
  type VolumeOfHost,
} from '../host.ts';
import { belongingsOf } from './belongings.ts';
import { type CutParts, cutVolumes } from './cut-volumes.ts';
import { applyDisks, type GuestDisksServices } from './guest-disks.ts';
import { type DiskPlace, guestAttachment, machineSpec } from './guest-documents.ts';
import { GuestPorts } from './guest-ports.ts';
import { type GuestSecrets, noKeys, secretOf, secretsOf } from './guest-secrets.ts';
import { encodeJpeg } from './jpeg.ts';
import { LayerFiles } from './layer-files.ts';
import { measureHost } from './measure-host.ts';
import { PlainBases } from './plain-bases.ts';
import { type PlainPolicy, PlainRounds } from './plain-rounds.ts';
import { readLayers, uploadVolume, type VolumeUploads } from './upload-volume.ts';

export interface LocalHostOptions {
  home: Home;
  blocks: BlockStores;
  /** Of regions that have a store of their own. */
  storeFolders?: Readonly<Record<string, string>>;
  hypervisor: Hypervisor;
  dataPlane: DataPlane;
  files: Files;
  portForwarder: PortForwarder;
  /** Of plain bases that nobody ordered; without it there are none. */
  plainBases?: Partial<PlainPolicy>;
  /** Without it nothing encrypted is opened. */
  keys?: GuestKeys;
  /** In threads, where there are. */
  sealing?: Sealing;
  log: Log;
  /** The data plane's, and that of machines without one of their own, where Imago is root. */
  identity?: UnprivilegedIdentity;
}

export function createLocalHost(options: LocalHostOptions): Host {
  return new LocalHost(options);
}

class LocalHost implements Host {
  readonly #home: Home;
  readonly #layers: LayerFiles;
  readonly #storeFolders: Readonly<Record<string, string>>;
  readonly #hypervisor: Hypervisor;
  readonly #dataPlane: DataPlane;
  readonly #portForwarder: PortForwarder;
  readonly #ports: GuestPorts;
  readonly #disksServices: GuestDisksServices;
  readonly #plain: PlainBases;
  readonly #plainRounds: PlainRounds;
  readonly #keys: GuestKeys;
  readonly #uploads: VolumeUploads;
  readonly #cuts: CutParts;
  readonly #log: Log;
  readonly #identity?: UnprivilegedIdentity;

  constructor(options: LocalHostOptions) {
    const { home, blocks, files, hypervisor, dataPlane, portForwarder, log, identity } = options;
    this.#home = home;
    this.#layers = new LayerFiles(home, files);
    this.#storeFolders = options.storeFolders ?? {};
    this.#hypervisor = hypervisor;
    this.#dataPlane = dataPlane;
    this.#portForwarder = portForwarder;
    this.#ports = new GuestPorts({ hypervisor, portForwarder, log });
    this.#keys = options.keys ?? noKeys;
    this.#uploads = { home, blocks, keys: this.#keys, sealing: options.sealing };
    this.#log = log;
    this.#cuts = { home, hypervisor, layers: this.#layers, keys: this.#keys };
    this.#disksServices = { home, hypervisor, layers: this.#layers, log };
    const measure = () => this.measure();
    this.#plain = new PlainBases({ home, blocks, hypervisor, measure, log });
    const rounds = { bases: this.#plain, blocks, measure, log };
    this.#plainRounds = new PlainRounds(rounds, options.plainBases);
    this.#identity = identity;
  }

  async start(): Promise<void> {
    const parts = [this.#dataPlane, this.#portForwarder, this.#plain];
    await Promise.all(parts.map((part) => part.start()));
    this.#plainRounds.start();
  }

  describe(): HostDescription {
    return this.#hypervisor.describe();
  }

  measure(): Promise<HostMeasures> {
    return measureHost(this.#home.folder, this.#storeFolders);
  }

  async usage(): Promise<Map<string, GuestUsage>> {
    const [machines, traffic] = await Promise.all([
      this.#hypervisor.usage(),
      this.#dataPlane.traffic().catch(() => undefined),
    ]);
    return new Map(
      [...machines].map(([id, machine]) => [id, { ...machine, traffic: traffic?.get(id) }]),
    );
  }

  async apply(spec: GuestSpec, { start }: { start: boolean }): Promise<Applied> {
    const { instanceId } = spec;
    if (!start && (await this.status(instanceId)) === 'absent') {
      throw new MachineAbsentError(instanceId);
    }
    const secrets = await this.#secretsOf(spec, start);
    if (start) {
      for (const disk of spec.disks) {
        if (!disk.leaves) await this.#layers.make(disk, secretOf(disk, secrets));
      }
      await this.#makeFolder(spec);
    }
    if (secrets.blocks.length > 0) await this.#dataPlane.giveKeys(secrets.blocks);
    const attachment = guestAttachment(spec, secrets);
    await this.#dataPlane.attach(this.#home.machineFolder(instanceId), attachment);
    return this.#plain.during(spec, async (plain) => {
      const opened = { secrets, plain };
      const ports = start ? await this.#start(spec, opened) : await this.#tell(spec);
      // One that was found running may lack what was written down since.
      return { ports, ...(await applyDisks(this.#disksServices, spec, opened)) };
    });
  }

  /** A guest that runs has its keys, whatever became of them since. */
  #secretsOf({ instanceId, disks }: GuestSpec, start: boolean): Promise<GuestSecrets> {
    const warn = (volumeId: string, error: unknown) =>
      this.#log.warn('the key of a running guest is not there', { instanceId, volumeId, error });
    return secretsOf(disks, this.#keys, start ? undefined : warn);
  }

  async #tell({ instanceId, cpuShare, ports }: GuestSpec): Promise<PortForward[]> {
    await this.#hypervisor.setCpuShare(instanceId, cpuShare);
    return this.#ports.open(instanceId, ports);
  }

  /**
   * Its ports are open when the guest begins: many that boot at once leave the host little time
   * after that.
   */
  async #start(
    spec: GuestSpec,
    opened: Pick<DiskPlace, 'secrets' | 'plain'>,
  ): Promise<PortForward[]> {
    const inner = { ...spec, ports: this.#ports.inner(spec.ports) };
    const place = { home: this.#home, owner: this.#ownerOf(spec), ...opened };
    const machine = machineSpec(inner, place);
    let ports: PortForward[] = [];
    try {
      await this.#hypervisor.start(machine, async (opened) => {
        ports = await this.#ports.passOn(spec.instanceId, spec.ports, opened);
      });
      return ports;
    } catch (error) {
      if (!(error instanceof NoMemoryError)) throw error;
      throw new HostMemoryError(error.message, { cause: error });
    }
  }

  async #makeFolder(spec: GuestSpec): Promise<void> {
    await makeMachineFolder({
      folder: this.#home.machineFolder(spec.instanceId),
      layout: spec.machine.layout ?? 1,
      owner: this.#ownerOf(spec),
      dataPlane: this.#identity,
    });
  }

  /** Machines of layout 1 share their folder with the data plane, so they have its identity. */
  #ownerOf({ machine, ownerUid }: GuestSpec): UnprivilegedIdentity | undefined {
    return guestIdentity((machine.layout ?? 1) === 1 ? undefined : ownerUid, this.#identity);
  }

  /**
   * `absent` only when its folder says so too: a machine that could not be found again yet is not
   * gone.
   */
  async status(instanceId: string): Promise<GuestStatus> {
    try {
      const status = await this.#hypervisor.status(instanceId);
      if (status !== 'absent') return status;
    } catch (error) {
      if (!(error instanceof MachineUnknownError)) throw error;
    }
    const folder = this.#home.machineFolder(instanceId);
    return (await this.#hypervisor.adopt(instanceId, folder)).status;
  }

  async powerDown(instanceId: string): Promise<void> {
    await this.status(instanceId);
    await this.#hypervisor.powerDown(instanceId);
  }

  async reset(instanceId: string): Promise<void> {
    await this.status(instanceId);
    await this.#hypervisor.reset(instanceId);
  }

  async resume(instanceId: string): Promise<boolean> {
    await this.status(instanceId);
    return this.#hypervisor.resume(instanceId);
  }

  async remove(instanceId: string): Promise<void> {
    await this.status(instanceId);
    await this.#hypervisor.destroy(instanceId);
    await this.#plain.forget(instanceId);
    await this.#ports.close(instanceId);
    await this.#dataPlane.detach(this.#home.machineFolder(instanceId), instanceId);
  }

  async forget(instanceId: string): Promise<void> {
    await removeMachineFolder(this.#home.machineFolder(instanceId));
    this.#hypervisor.forget(instanceId);
  }

  async pivot(request: PivotRequest): Promise<PivotResult> {
    const { instanceId } = request;
    const status = instanceId === undefined ? 'absent' : await this.status(instanceId);
    return cutVolumes(this.#cuts, request, status);
  }

  async thaw(instanceId: string): Promise<void> {
    if ((await this.status(instanceId)) !== 'absent') await this.#hypervisor.thaw(instanceId);
  }

  async layersOf({ volumeId, instanceId }: VolumeOfHost): Promise<number[]> {
    if (instanceId !== undefined && (await this.status(instanceId)) !== 'absent') {
      try {
        return await this.#hypervisor.layersOf(instanceId, volumeId);
      } catch (error) {
        if (!(error instanceof NoDiskError)) throw error;
      }
    }
    return this.#layers.numbers(volumeId);
  }

  syncLayers(volumeId: string, numbers: readonly number[]): Promise<void> {
    return this.#layers.sync(volumeId, numbers);
  }

  async rebase(
    instanceId: string,
    volumeId: string,
    keep: number,
    { root, sizeBytes, encryption }: LayerBase,
  ): Promise<void> {
    await this.status(instanceId);
    const path = this.#home.layerFile(volumeId, keep);
    // What layers are uploaded as is sealed exactly where they are encrypted.
    const layer = { number: keep, path, ...(encryption && { encrypted: true }) };
    const base = { exportName: root, sizeBytes };
    await this.#hypervisor.rebase(instanceId, volumeId, layer, base).catch((error) => {
      // Its layers are opened over the base that its row names by whoever opens them.
      if (!(error instanceof NoDiskError)) throw error;
    });
  }

  readLayers(of: LayersToRead): Promise<OpenLayers> {
    return readLayers(this.#uploads, of);
  }

  upload(request: UploadRequest, options?: UploadOptions): Promise<UploadResult> {
    return uploadVolume(this.#uploads, request, options);
  }

  keepPlain(base: PlainBase, options?: UploadOptions): Promise<void> {
    return this.#plain.keep(base, options);
  }

  releasePlain(root: string): Promise<void> {
    return this.#plain.release(root);
  }

  async plainBases(): Promise<PlainBaseFile[]> {
    return [...(await this.#plain.list()), ...(await this.#plain.missing())];
  }

  takeBack(volumeId: string): Promise<void> {
    return this.#layers.takeBack(volumeId);
  }

  removeLayers(volumeId: string, keep: readonly number[]): Promise<void> {
    return this.#layers.removeAllBut(volumeId, keep);
  }

  removeVolume(volumeId: string): Promise<void> {
    return this.#layers.removeVolume(volumeId);
  }

  async console(instanceId: string): Promise<Duplex> {
    const duplex = await this.#dataPlane.console(instanceId);
    if (!duplex) throw new NoConsoleError(instanceId);
    return duplex;
  }

  belongings(): ReturnType<Host['belongings']> {
    return belongingsOf(this.#home);
  }

  consoleOutput(instanceId: string, maxBytes: number): Promise<Buffer> {
    return this.#hypervisor.consoleOutput(this.#home.machineFolder(instanceId), maxBytes);
  }

  async uefiVariables(instanceId: string): Promise<UefiVariable[]> {
    await this.status(instanceId);
    return this.#hypervisor.uefiVariables(instanceId);
  }

  secureBootKeys(): Promise<UefiVariable[]> {
    return this.#hypervisor.secureBootKeys();
  }

  answersSsh(instanceId: string): Promise<boolean> {
    return this.#dataPlane.answersSsh(instanceId);
  }

  async beginCommand(...command: Parameters<Host['beginCommand']>): Promise<void> {
    await this.status(command[0]);
    await this.#hypervisor.beginCommand(...command);
  }

  async commandState(...asked: Parameters<Host['commandState']>) {
    await this.status(asked[0]);
    return this.#hypervisor.commandState(...asked);
  }

  async endCommand(instanceId: string, id: string): Promise<void> {
    await this.status(instanceId);
    await this.#hypervisor.endCommand(instanceId, id);
  }

  async screenshot(instanceId: string, options: { wakeUp: boolean }): Promise<Buffer> {
    await this.status(instanceId);
    return encodeJpeg(await this.#hypervisor.screen(instanceId, options));
  }

  async screen(instanceId: string): Promise<Duplex> {
    await this.status(instanceId);
    return this.#hypervisor.openScreen(instanceId);
  }

  onChange(listener: (instanceId: string) => void): void {
    this.#hypervisor.onChange((instanceId) => listener(instanceId));
  }

  async close(options: { keepServing: boolean }): Promise<void> {
    await this.#plainRounds.close();
    await this.#hypervisor.close();
    await this.#dataPlane.close(options);
    await this.#portForwarder.close(options);
  }
}
