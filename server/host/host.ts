/**
 * PORT: a host, which runs guests and keeps the layers of volumes. It stands before hypervisor,
 * data plane and files; driver, tasks and operations speak to it and know no path, socket or
 * process. Implementations: local/ (this machine), simulated/ (the same code without QEMU and data
 * plane). Suite: host-suite.ts.
 *
 * Contract:
 * - A guest is told all of itself in one document, `GuestSpec`: `apply` makes it so and does what
 *   is missing, so that it may be called at any time and again. With `start` a machine that is not
 *   there is started; without, MachineAbsentError: a guest that went down by itself does not come
 *   back because its metadata changed. When a start fails no machine is left running;
 *   for want of memory it fails with HostMemoryError. Of one that runs the disks become those of
 *   the document too: plugged, made larger, limited; a guest is asked to let go of those that leave
 *   it, each time again.
 * - `status` is `absent` only when the machine is known to be gone: one that does not answer is an
 *   error. A guest that powers itself off stays as `shutdown` until `remove`.
 * - `pivot`, `rebase`, `remove`, `forget`, `takeBack`, `removeLayers`, `removeVolume`, `keepPlain`,
 *   `releasePlain` are idempotent.
 * - A volume that the rows call a disk of a guest, and that its machine has not (it is not plugged
 *   yet, or the guest has let go of it), is at rest, whatever else the machine has.
 * - A command in a guest begins once between two boots of the guest, however often it is asked for
 *   by its id, and goes on when Imago does not. It is the guest's own agent that runs it: what it
 *   says of a command is the guest's word. NoAgentError where none answers; MachineAbsentError.
 * - Layers are named by volume and number; a number that was used is never used again for another
 *   layer. Nothing here decides which layers a volume has: rows do, and `layersOf` says what is
 *   there.
 * - A plain base is a cache: the same bytes come to guests whether it is there or not. It may go at
 *   any time, for want of room.
 * - What a call that threw has done is unknown: it may have done all of it, or go on to do it.
 */
import type { Duplex } from 'node:stream';
import type { MachineRecord } from '../catalog/rows/instance.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import type { InstanceMetadata } from '../data-plane/data-plane.ts';
import type { OpenLayers } from '../disk/open-layers.ts';
import type { UploadResult } from '../disk/upload-layers.ts';
import type { UefiVariable } from '../foundations/uefi-data.ts';
import type {
  CommandPosition,
  CommandState,
  CpuShare,
  DiskLimits,
  GuestCommand,
  HypervisorDescription,
  MachineStatus,
  MachineUsage,
  PortForward,
} from '../hypervisor/hypervisor.ts';
import type { GuestLink, GuestVpc, LinkTraffic } from '../network/network.ts';

export type HostDescription = HypervisorDescription;
export type GuestStatus = MachineStatus;
export type { CommandPosition, CommandState, GuestCommand };

export interface HostMeasures {
  /** Of the host, or what the container leaves of it that Imago runs in. */
  memoryMiB: number;
  vcpus: number;
  /** The file system that layers are on, and blocks where regions have no stores of their own. */
  diskBytes: number;
  freeDiskBytes: number;
  /** Of regions that have: the file systems that their blocks are on. */
  regionDisks?: Record<string, DiskMeasures & { folder: string }>;
}

export interface DiskMeasures {
  diskBytes: number;
  freeDiskBytes: number;
}

/** Counters, which begin again with its machine; those of its card also with the data plane. */
export interface GuestUsage extends MachineUsage {
  /** Absent while the data plane does not answer. */
  traffic?: LinkTraffic;
}

/** Everything that a guest is to be. */
export interface GuestSpec {
  instanceId: string;
  /**
   * The user that its machine runs as, where the host can have one for each; absent: the one that
   * all share.
   */
  ownerUid?: number;
  /** Pinned at the first start. */
  machine: MachineRecord;
  vcpus: number;
  threadsPerCore: number;
  cpuShare: CpuShare;
  memoryMiB: number;
  /** The instance type, as the guest's firmware tells it. */
  productName: string;
  firmware: 'bios' | 'uefi';
  /** The UEFI variables of its first start (foundations/uefi-data.ts), base64. */
  uefiData?: string;
  /** It has a TPM 2.0 of its own. */
  tpm?: boolean;
  /** Boot disk first. */
  disks: GuestDisk[];
  link: GuestLink;
  vpc: GuestVpc;
  /** Ports of the host that are to reach ports of the guest. */
  ports: PortForward[];
  metadata: InstanceMetadata;
}

export interface GuestDisk {
  volumeId: string;
  /** Its place in the machine, which it keeps; the boot disk's is 0. */
  slot: number;
  sizeBytes: number;
  /** Of its layers; absent: they are plain. */
  encryption?: Encryption;
  /** What lies under the lowest layer; without it zeros. */
  base?: LayerBase;
  /**
   * All that is served: `base`, and those that a rebase to was begun; the machine may read any of
   * them.
   */
  readable: LayerBase[];
  /** Lowest first; the guest writes to the last. */
  layers: GuestLayer[];
  limits?: DiskLimits;
  /**
   * The guest is to let go of it: `asked`; or it is taken away whatever the guest does: `pulled`.
   * What it reads is served until it has.
   */
  leaves?: 'asked' | 'pulled';
}

export interface GuestLayer {
  number: number;
  /**
   * Not synced yet: it is made where it is missing, and anew where a power cut left less than an
   * empty layer.
   */
  fresh?: boolean;
}

export interface LayerBase {
  /** Root digest of a block map. */
  root: string;
  sizeBytes: number;
  /** How its blocks are opened; absent: they are plain. */
  encryption?: Encryption;
}

/** Where a host gets what opens encrypted disks. It throws where there is no such key, or none. */
export interface GuestKeys {
  /** What blocks are sealed under. */
  blocks(encryption: Encryption): Promise<Buffer>;
  /** What opens the layers of a volume. */
  layers(encryption: Encryption, volumeId: string): Promise<string>;
}

export interface Applied {
  /** The ports that are open. */
  ports: PortForward[];
  /** Volumes that the guest was asked to let go of, and has not let go of yet. */
  leaving: string[];
  /** Volumes that the machine has no place for now: what was in their slots is still there. */
  waiting: string[];
}

export interface Cut {
  volumeId: string;
  sizeBytes: number;
  /** Number of the new top layer. */
  layer: number;
  /** Below it: layers that are made where they are missing, if the volume is at rest. */
  fresh?: number[];
  /** Of its layers; absent: they are plain. */
  encryption?: Encryption;
}

export interface PivotRequest {
  /** Whose disks they are; without it, or when its machine is absent, they are at rest. */
  instanceId?: string;
  cuts: Cut[];
}

export interface PivotResult {
  /** What the machine was: nobody writes to disks of one that is `absent` or `shutdown`. */
  status: GuestStatus;
  /** Guest file systems were frozen by its agent. */
  frozen: boolean;
  /** Within which the guest could not write; as far as it tells, without what its hooks took. */
  pauseMs: number;
  /** What they took before and after, if it tells. */
  hooksMs?: number;
}

export interface UploadRequest {
  volumeId: string;
  /** Of its layers, and of what it becomes; absent: plain. */
  encryption?: Encryption;
  /** Whose block store it is uploaded into, where the base is, too. */
  region: string;
  sizeBytes: number;
  base?: LayerBase;
  /** Lowest first; nobody writes to them any more. */
  layers: number[];
}

export interface LayersToRead {
  volumeId: string;
  /** Of its layers. */
  encryption?: Encryption;
  /** Lowest first. */
  layers: number[];
}

export interface UploadOptions {
  onProgress?: (doneBlocks: number, totalBlocks: number) => void;
  signal?: AbortSignal;
}

/** What lies under layers, not sealed, and whose block store it is in. */
export interface PlainBase {
  root: string;
  sizeBytes: number;
  region: string;
}

export interface PlainBaseFile {
  root: string;
  storedBytes: number;
  /** It was ordered; where it is not there it is to be ordered again. */
  kept: boolean;
  isThere: boolean;
}

export function plainBytesOf(files: readonly Pick<PlainBaseFile, 'storedBytes'>[]): number {
  return files.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
}

/** There is no room for a plain base. */
export class PlainRoomError extends Error {
  override name = 'PlainRoomError';
  constructor(bytes: number) {
    super(`the host has no room for a plain base of ${bytes} bytes`);
  }
}

export interface VolumeOfHost {
  volumeId: string;
  /** The guest that has the volume as a disk, if any. */
  instanceId?: string;
}

/** The host has not the memory for the guest. */
export class HostMemoryError extends Error {
  override name = 'HostMemoryError';
}

/** The guest has no serial console that takes input. */
export class NoConsoleError extends Error {
  override name = 'NoConsoleError';
  constructor(instanceId: string) {
    super(`${instanceId} has no serial console that takes input`);
  }
}

export interface Host {
  /** Resolves when the guests that run here are served. */
  start(): Promise<void>;
  describe(): HostDescription;
  /** As it is at the moment. */
  measure(): Promise<HostMeasures>;
  /**
   * Of all guests that run here and whose machines answer soon; simulated ones use nothing, and are
   * not in it.
   */
  usage(): Promise<Map<string, GuestUsage>>;
  apply(spec: GuestSpec, options: { start: boolean }): Promise<Applied>;
  status(instanceId: string): Promise<GuestStatus>;
  /** Presses the power button; the guest decides. */
  powerDown(instanceId: string): Promise<void>;
  /** Hard reset, or the start of a guest that has shut down: it boots again in the same machine. */
  reset(instanceId: string): Promise<void>;
  /** Lets a guest that stopped on a disk error go on; resolves with whether it runs. */
  resume(instanceId: string): Promise<boolean>;
  /** Ends the machine and unplugs it: no process, disk or cable is left. Its console stays. */
  remove(instanceId: string): Promise<void>;
  /** What `remove` left. */
  forget(instanceId: string): Promise<void>;

  /**
   * Puts a new layer on each volume, all at one point in time; a running guest is frozen for it.
   * The layers survive a power cut. Again with the same ones on top, it answers what that call
   * would have.
   */
  pivot(request: PivotRequest): Promise<PivotResult>;
  /**
   * Ends a freeze that a pivot left behind; nothing where there is none. Throws while it cannot.
   */
  thaw(instanceId: string): Promise<void>;
  /**
   * Numbers of the layers that a volume really has, lowest first: of a machine those that it reads
   * and writes, at rest those whose files are whole. It waits for what an earlier call left under
   * way.
   */
  layersOf(volume: VolumeOfHost): Promise<number[]>;
  /** These layers of a volume, which `apply` may have made, survive a power cut from now on. */
  syncLayers(volumeId: string, numbers: readonly number[]): Promise<void>;
  /**
   * Replaces everything under layer `keep` by `base`, while the guest runs. `apply` serves the base
   * first.
   */
  rebase(instanceId: string, volumeId: string, keep: number, base: LayerBase): Promise<void>;
  /**
   * Layers of a volume as they are, while its guest may write: for looking, as they may not fit
   * together. Whoever has them closes them.
   */
  readLayers(of: LayersToRead): Promise<OpenLayers>;
  /** Captures the layers over their base into the block store. */
  upload(request: UploadRequest, options?: UploadOptions): Promise<UploadResult>;
  /**
   * Guests read this base from a file of this host's disk: it is made where it is missing, at once.
   * PlainRoomError.
   */
  keepPlain(base: PlainBase, options?: UploadOptions): Promise<void>;
  /** That file was ordered and is not any more; it goes when its room is wanted. */
  releasePlain(root: string): Promise<void>;
  /** Those that are there, and those that were ordered. */
  plainBases(): Promise<PlainBaseFile[]>;
  /** The layers of a volume that no machine has any more are no machine's user's any more. */
  takeBack(volumeId: string): Promise<void>;
  /** Removes the layers of a volume, but for those to keep. */
  removeLayers(volumeId: string, keep: readonly number[]): Promise<void>;
  removeVolume(volumeId: string): Promise<void>;

  /**
   * Ids of all guests and volumes that anything is kept of here. Rows are written before files, so
   * what a later look at the rows does not find is garbage.
   */
  belongings(): Promise<{ instanceIds: string[]; volumeIds: string[] }>;

  /**
   * The newest `maxBytes` of what the guest wrote to its serial console; it outlives the machine.
   */
  consoleOutput(instanceId: string, maxBytes: number): Promise<Buffer>;
  /** The guest's UEFI variables as they are now; of one that boots with UEFI. */
  uefiVariables(instanceId: string): Promise<UefiVariable[]>;
  /** Those of a guest that starts only what is signed for Microsoft's keys; none: it cannot here. */
  secureBootKeys(): Promise<UefiVariable[]>;
  /**
   * Whether the SSH server of a guest that is isolated answers; it is asked by nobody but this, and
   * told nothing. False as long as it does not.
   */
  answersSsh(instanceId: string): Promise<boolean>;
  /** Runs a command in the guest, as its root; resolves when it has begun. */
  beginCommand(instanceId: string, command: GuestCommand): Promise<void>;
  /** How it is, and the next of what it has written. */
  commandState(instanceId: string, id: string, from: CommandPosition): Promise<CommandState>;
  /** Ends it with all that it has begun; one that has ended stays as it is. */
  endCommand(instanceId: string, id: string): Promise<void>;
  /**
   * What its display shows, as a JPEG; `wakeUp` presses a key first. NoScreenError.
   */
  screenshot(instanceId: string, options: { wakeUp: boolean }): Promise<Buffer>;
  /** Its display and keyboard by VNC (RFC 6143), for as many as like. NoScreenError. */
  screen(instanceId: string): Promise<Duplex>;
  /**
   * What the guest writes there from now on, and what is typed to it; for as many as like.
   * NoConsoleError.
   */
  console(instanceId: string): Promise<Duplex>;
  /** Called whenever a guest changed by itself (power-off, disk error, death of its process). */
  onChange(listener: (instanceId: string) => void): void;
  /** Lets go of the guests, which run on; `keepServing` says whether there are any. */
  close(options: { keepServing: boolean }): Promise<void>;
}
