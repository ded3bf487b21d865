/**
 * PORT: the hypervisor, which runs machines. Implementations: qemu/ (default), simulated/. Suite:
 * hypervisor-suite.ts.
 *
 * Contract:
 * - A machine is named by its instance id and lives in a folder of its own (`MachineSpec.folder`);
 *   everything needed to find it again after Imago was killed is in that folder. `adopt` finds it.
 * - `start` is idempotent: when the machine is there already it is adopted. It resolves once the
 *   process runs and answers, with its ports open; when it rejects nothing is left running.
 * - The other methods that take an instance id work on machines that were started or adopted
 *   through this object and throw MachineUnknownError for others: not to know a machine is no proof
 *   that it is gone. They throw MachineAbsentError where the machine has to be there and is not.
 * - A guest that powers itself off stays as `shutdown` until `destroy` is called, so that nothing
 *   is lost while nobody listens. A guest reset is the hypervisor's own affair.
 * - `pivot`, `rebase`, `moveBase`, `plug`, `unplug`, `takeAway`, `resize`, `limit` are idempotent: they look at
 *   what is there and do what is missing. Those that name a volume throw NoDiskError where it is no
 *   disk of the machine, but for `unplug` and `takeAway`, which have nothing to do there.
 * - Of commands in a guest one of a name begins once between two boots of the guest, however often
 *   it is asked for; it goes on when Imago does not. All three calls throw NoAgentError.
 * - `destroy` is idempotent and returns when the process is gone.
 * It knows nothing of EC2 states, images, the catalog or the block store.
 */
import type { Duplex } from 'node:stream';
import type { UefiVariable } from '../foundations/uefi-data.ts';

export interface HypervisorDescription {
  kind: 'qemu' | 'simulated';
  /** Such as `7.2.22`; empty for simulated. */
  version: string;
  accelerator: 'kvm' | 'tcg' | 'none';
  /** Why KVM is not used, where it could be. */
  kvmProblem?: string;
  /** Pinned names, such as `pc-q35-7.2` and `Nehalem`. */
  machineType: string;
  cpuModel: string;
  /** The newest: that of new machines. */
  layout: MachineLayout;
  /** Whether guests' memory can be a shared mapping here. */
  sharedMemory: boolean;
  /** Whether machines can have a TPM here. */
  tpm: boolean;
  /** Whether machines can have firmware that starts only what is signed. */
  secureBoot: boolean;
}

/** Generation of a machine's hardware; it is kept for the life of the machine. */
export type MachineLayout = 1 | 2 | 3;

/**
 * `disk-full`: the guest stopped because what it wrote had no room on the host; `io-error`: for
 * another disk error.
 */
export type MachineStatus = 'absent' | 'running' | 'paused' | 'io-error' | 'disk-full' | 'shutdown';

export interface MachineSpec {
  instanceId: string;
  /**
   * Absolute; it is there before `start` (machine-folder.ts), with the data plane's nbd.sock among
   * its sockets.
   */
  folder: string;
  vcpus: number;
  /** Of a core; absent: 1. */
  threadsPerCore?: number;
  cpuShare: CpuShare;
  memoryMiB: number;
  machineType: string;
  cpuModel: string;
  accelerator: string;
  uuid: string;
  layout: MachineLayout;
  /** From layout 2 on. */
  sharedMemory?: boolean;
  /** From layout 2 on: a GUID that tells a guest of a copy of its state from the guest itself. */
  generationId?: string;
  /** Where Imago runs as root: whom QEMU runs as, and what is the machine's own belongs to. */
  owner?: MachineOwner;
  /** SMBIOS product name: the instance type. */
  productName: string;
  firmware: 'bios' | 'uefi';
  /**
   * From layout 2 on: the UEFI variables that it begins with (foundations/uefi-data.ts), base64.
   * With a platform key among them its firmware has secure boot.
   */
  uefiData?: string;
  /** It has a TPM 2.0 of its own. */
  tpm?: boolean;
  /** Boot disk first. */
  disks: MachineDisk[];
  network: MachineNetwork;
}

/** Of the host's processors: `yielding` to all that are not, while there are too few for all. */
export type CpuShare = 'full' | 'yielding';

export interface MachineOwner {
  uid: number;
  gid: number;
}

export interface MachineDisk {
  volumeId: string;
  /** Its place in the machine, which it keeps; the boot disk's is 0. */
  slot: number;
  /** qcow2 files, lowest first; the last is written. */
  layers: { number: number; path: string }[];
  /** Under the lowest layer; none means zeros. */
  base?: MachineDiskBase;
  /** A layer, and what lies under it, may be smaller: zeros from there on. */
  sizeBytes: number;
  limits?: DiskLimits;
  /** Opens its layers, which are encrypted then. It is in no argument and no file. */
  secret?: string;
}

/** What a disk does at most; without a figure as much as it can. */
export interface DiskLimits {
  /** One that is larger than 256 KiB counts as several, as on EC2. */
  iops?: number;
  bytesPerSecond?: number;
}

/** A disk as a machine has it. */
export interface PluggedDisk {
  volumeId: string;
  sizeBytes: number;
  limits: DiskLimits;
  /** Its bytes were taken away, and the guest has not let go of the rest of it yet. */
  taken: boolean;
}

export interface MachineDiskBase {
  /** On `nbd.sock` in the machine's folder; it is the root digest of the block map. */
  exportName: string;
  sizeBytes: number;
  /**
   * A raw file with the same bytes, which is read in place of the export; the machine's user may
   * read it, and it bears the export's name.
   */
  file?: string;
}

export interface MachineNetwork {
  mac: string;
  privateIp: string;
  subnetCidr: string;
  gatewayIp: string;
  dnsIp: string;
  /** Told by DHCP: where short names are looked up. */
  domain?: string;
  forwards: PortForward[];
}

/** A port of the host that reaches a port of the guest. */
export interface PortForward {
  protocol: 'tcp' | 'udp';
  hostIp: string;
  hostPort: number;
  guestPort: number;
}

/** Awaited when a machine's ports are open, before its guest begins: it hears where each is. */
export type OnOpen = (opened: readonly PortForward[]) => Promise<void>;

export interface Machine {
  instanceId: string;
  status: MachineStatus;
  pid?: number;
}

/** What a machine has taken since its process was started. */
export interface MachineUsage {
  /** Of the processors of the host, by the guest and by what is done for it. */
  cpuMs: number;
  /** Of all its disks, as the guest asked for it. */
  readBytes: number;
  readOperations: number;
  writtenBytes: number;
  writeOperations: number;
}

/** The host has not the memory for the machine. */
export class NoMemoryError extends Error {
  override name = 'NoMemoryError';
}

/** What is on a machine's display: three bytes a pixel, row by row. */
export interface Screen {
  width: number;
  height: number;
  rgb: Buffer;
}

/** The machine has no display. */
export class NoScreenError extends Error {
  override name = 'NoScreenError';
  constructor(instanceId: string) {
    super(`machine ${instanceId} has no display`);
  }
}

export class MachineUnknownError extends Error {
  override name = 'MachineUnknownError';
  constructor(instanceId: string) {
    super(`machine ${instanceId} was neither started nor adopted here`);
  }
}

export class MachineAbsentError extends Error {
  override name = 'MachineAbsentError';
  constructor(instanceId: string) {
    super(`machine ${instanceId} is not running`);
  }
}

/** The volume is no disk of the machine. */
export class NoDiskError extends Error {
  override name = 'NoDiskError';
  constructor(volumeId: string) {
    super(`the machine has no disk ${volumeId}`);
  }
}

/** The machine has no room for the disk now: its slot is taken, or it is one that takes none. */
export class NoPlaceError extends Error {
  override name = 'NoPlaceError';
}

/** A command in a guest, by way of its agent, as its root. */
export interface GuestCommand {
  /** Letters, digits and `-`: names it until the guest boots again. */
  id: string;
  argv: readonly string[];
  /** Where it runs; it is made where it is missing. */
  folder?: string;
  /** A file that only root reads; its path is in IMAGO_INPUT. */
  input?: Buffer;
}

/** From where on of what a command has written. */
export interface CommandPosition {
  stdout: number;
  stderr: number;
}

export type CommandState =
  /** The guest has none of this name: it never began, or the guest has booted since. */
  | { state: 'unknown' }
  | {
      state: 'running' | 'ended';
      /** Of one that has ended. */
      exitCode?: number;
      elapsedSeconds: number;
      /** The next of what it has written; after its end there may be more of it. */
      stdout: Buffer;
      stderr: Buffer;
    };

/** The guest has no agent that answers, or one that runs no commands. */
export class NoAgentError extends Error {
  override name = 'NoAgentError';
}

export interface PivotRequest {
  volumeId: string;
  /** The new top layer, created by the hypervisor at `path` with the same virtual size. */
  layer: { number: number; path: string };
  sizeBytes: number;
  /** Of an encrypted disk. */
  secret?: string;
}

export interface GuestPause {
  /**
   * Within which the guest's file systems were frozen, as it notes itself; where it does not, which
   * is so of images that are not the provider's, with what its agent's hooks took, too.
   */
  pauseMs: number;
  /** What its hooks took before and after, if it notes its pause: what they hold may wait so long. */
  hooksMs?: number;
}

export interface PivotResult extends GuestPause {
  /**
   * Guest file systems were frozen by its agent: application-consistent; otherwise
   * crash-consistent.
   */
  frozen: boolean;
  /** `earlier`: the layers were on top already, so that what they hold is not of this moment. */
  cut: 'now' | 'earlier';
}

export interface Hypervisor {
  describe(): HypervisorDescription;
  /** After a start of Imago: finds a machine that is running in this folder, or says `absent`. */
  adopt(instanceId: string, folder: string): Promise<Machine>;
  start(spec: MachineSpec, onOpen?: OnOpen): Promise<Machine>;
  status(instanceId: string): Promise<MachineStatus>;
  /** Presses the power button; the guest decides. */
  powerDown(instanceId: string): Promise<void>;
  /**
   * From now on. Where it cannot be given back what was taken from it, it has all from its next
   * start on.
   */
  setCpuShare(instanceId: string, share: CpuShare): Promise<void>;
  /** Hard reset, or the start of a guest that has shut down: it boots again in the same process. */
  reset(instanceId: string): Promise<void>;
  /** Lets a machine that stopped on a disk error go on; resolves with whether it runs. */
  resume(instanceId: string): Promise<boolean>;
  destroy(instanceId: string): Promise<void>;
  /** Lets go of a machine that was destroyed: it is not known any more. */
  forget(instanceId: string): void;
  /**
   * Freeze through the guest agent, put a new layer on each volume at one point in time, thaw.
   * Calling it again with the same layers thaws what a killed call left frozen and answers what
   * that call would have.
   */
  pivot(
    instanceId: string,
    volumes: PivotRequest[],
    options: { freeze: boolean },
  ): Promise<PivotResult>;
  /**
   * Ends a freeze that a pivot left behind; nothing where there is none. Throws while it cannot.
   */
  thaw(instanceId: string): Promise<void>;
  /**
   * Numbers of the layers that the machine reads and writes now, lowest first; after what was under
   * way. One that was opened for a pivot which did not happen is let go of.
   */
  layersOf(instanceId: string, volumeId: string): Promise<number[]>;
  /** Replaces everything under layer `keep` of the volume by `base`, while the guest runs. */
  rebase(
    instanceId: string,
    volumeId: string,
    keep: { number: number; path: string; encrypted?: boolean },
    base: MachineDiskBase,
  ): Promise<void>;
  /**
   * Reads the base that is under the volume's layers from where `base` says, its file or its
   * export, while the guest runs. Where another base is it stays.
   */
  moveBase(
    instanceId: string,
    volumeId: string,
    base: MachineDiskBase,
    options: { encrypted: boolean },
  ): Promise<void>;
  /** The disks that it has now: a guest may let go of any of them unasked. */
  disksOf(instanceId: string): Promise<PluggedDisk[]>;
  /**
   * Plugs a disk into its slot, where the guest finds it. NoPlaceError; nothing is left of it then.
   * One that is there stays as it is.
   */
  plug(instanceId: string, disk: MachineDisk): Promise<void>;
  /**
   * Asks the guest to let go of a disk and waits a moment; resolves with whether it has, which is
   * told by `onChange` where it happens later. From then on the machine has nothing of it open. A
   * guest that is reset has let go.
   */
  unplug(instanceId: string, volumeId: string): Promise<boolean>;
  /**
   * The same, but whatever the guest does: when it resolves the machine has nothing of the volume
   * open. What the guest had not written yet is lost, and what it asks of the disk fails; its slot
   * stays taken until it lets go, or is reset.
   */
  takeAway(instanceId: string, volumeId: string): Promise<void>;
  /** Makes a disk larger, which the guest sees at once; one that is as large stays as it is. */
  resize(instanceId: string, volumeId: string, sizeBytes: number): Promise<void>;
  /** From now on, whatever layers are put on it or below it. */
  limit(instanceId: string, volumeId: string, limits: DiskLimits): Promise<void>;
  /**
   * Makes the open ports exactly these, and answers in the same order where each is. `hostPort` is
   * a wish, 0 means any: one that cannot be had is opened at guestPort + 10000, or at any free
   * port. What is open stays where it is; one for which there is no port at all is left out.
   */
  setForwards(instanceId: string, wanted: readonly PortForward[]): Promise<PortForward[]>;
  /**
   * The newest `maxBytes` of what the guest wrote to its serial console; it outlives the machine.
   */
  consoleOutput(folder: string, maxBytes: number): Promise<Buffer>;
  /** As its firmware has them now; of one that boots with UEFI. */
  uefiVariables(instanceId: string): Promise<UefiVariable[]>;
  /**
   * The variables of a machine whose firmware starts only what Microsoft has signed or let sign;
   * none where there is no such firmware.
   */
  secureBootKeys(): Promise<UefiVariable[]>;
  /** What its display shows; `wakeUp` presses a key first. NoScreenError. */
  screen(instanceId: string, options: { wakeUp: boolean }): Promise<Screen>;
  /** The display and its keyboard by VNC (RFC 6143), a session for each who asks. NoScreenError. */
  openScreen(instanceId: string): Promise<Duplex>;
  /** Resolves when it has begun. */
  beginCommand(instanceId: string, command: GuestCommand): Promise<void>;
  commandState(instanceId: string, id: string, from: CommandPosition): Promise<CommandState>;
  /** With all that it has begun; one that has ended stays as it is. */
  endCommand(instanceId: string, id: string): Promise<void>;
  /** Of each machine whose process lives and answers soon; a simulated one takes nothing. */
  usage(): Promise<Map<string, MachineUsage>>;
  /**
   * Called whenever a machine changed by itself (guest power-off, disk error, process death, a disk
   * that its guest let go of).
   */
  onChange(listener: (instanceId: string, status: MachineStatus) => void): void;
  /** Drops connections; machines go on running. */
  close(): Promise<void>;
}
