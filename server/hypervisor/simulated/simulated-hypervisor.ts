/**
 * Machines that only change state: for fast tests of infrastructure code, where nobody looks inside
 * the guest. A machine is the file `machine.json` in its folder, so it survives Imago as a real one
 * does; its layers are real files, since they are captured as real ones are. Ports are kept on
 * record and none is opened; nothing ever writes to a disk. The record is read and written
 * synchronously, so that no two calls can overwrite each other's change; only pivots take time, and
 * whoever comes meanwhile to the layers of the machine waits for them.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readConsole } from '../../foundations/console-log.ts';
import { decodeUefiData, platformKey, type UefiVariable } from '../../foundations/uefi-data.ts';
import {
  type CommandPosition,
  type CommandState,
  type DiskLimits,
  type Hypervisor,
  type HypervisorDescription,
  type Machine,
  MachineAbsentError,
  type MachineDisk,
  type MachineDiskBase,
  type MachineSpec,
  type MachineStatus,
  MachineUnknownError,
  type MachineUsage,
  NoDiskError,
  NoPlaceError,
  NoScreenError,
  type OnOpen,
  type PivotRequest,
  type PivotResult,
  type PluggedDisk,
  type PortForward,
} from '../hypervisor.ts';

const recordFile = 'machine.json';

export interface SimulatedHypervisorOptions {
  /** Makes the empty qcow2 file of a new layer. */
  createLayer(path: string, sizeBytes: number, options: { secret?: string }): Promise<unknown>;
}

export function createSimulatedHypervisor(options: SimulatedHypervisorOptions): Hypervisor {
  return new SimulatedHypervisor(options);
}

interface MachineState {
  status: Exclude<MachineStatus, 'absent'>;
  forwards: PortForward[];
  uefiData?: string;
  /** Of a pivot that was not ended. */
  frozen?: true;
  disks: SimulatedDisk[];
}

interface SimulatedDisk {
  volumeId: string;
  slot: number;
  layers: number[];
  base?: MachineDiskBase;
  sizeBytes: number;
  limits?: DiskLimits;
}

class SimulatedHypervisor implements Hypervisor {
  readonly #options: SimulatedHypervisorOptions;
  /** Instance id -> folder. */
  readonly #folders = new Map<string, string>();
  readonly #listeners: ((instanceId: string, status: MachineStatus) => void)[] = [];
  /** Instance id -> the last of what was asked of its layers. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: SimulatedHypervisorOptions) {
    this.#options = options;
  }

  describe(): HypervisorDescription {
    return {
      kind: 'simulated',
      version: '',
      accelerator: 'none',
      machineType: 'simulated',
      cpuModel: 'simulated',
      layout: 3,
      sharedMemory: false,
      tpm: true,
      secureBoot: true,
    };
  }

  async adopt(instanceId: string, folder: string): Promise<Machine> {
    this.#folders.set(instanceId, folder);
    return { instanceId, status: await this.status(instanceId) };
  }

  async start(spec: MachineSpec, onOpen: OnOpen = async () => {}): Promise<Machine> {
    const { instanceId, folder, disks, network } = spec;
    const found = await this.adopt(instanceId, folder);
    if (found.status !== 'absent') {
      await onOpen(await this.setForwards(instanceId, network.forwards));
      return found;
    }
    writeState(folder, {
      status: 'running',
      forwards: network.forwards,
      uefiData: spec.uefiData,
      disks: disks.map(asPlugged),
    });
    const greeting = `${instanceId} is a simulated machine: it runs no operating system.\r\n`;
    appendFileSync(path.join(folder, 'console.log'), greeting);
    await onOpen(await this.setForwards(instanceId, network.forwards));
    return { instanceId, status: 'running' };
  }

  async status(instanceId: string): Promise<MachineStatus> {
    return readState(this.#folder(instanceId))?.status ?? 'absent';
  }

  /** The guest that is not there obeys at once. */
  async powerDown(instanceId: string): Promise<void> {
    const state = this.#state(instanceId);
    if (state.status === 'shutdown') return;
    writeState(this.#folder(instanceId), { ...state, status: 'shutdown' });
    for (const listener of this.#listeners) listener(instanceId, 'shutdown');
  }

  /** There is nothing that could take any. */
  async setCpuShare(instanceId: string): Promise<void> {
    this.#state(instanceId);
  }

  async reset(instanceId: string): Promise<void> {
    const state = this.#state(instanceId);
    writeState(this.#folder(instanceId), { ...state, status: 'running' });
  }

  async resume(instanceId: string): Promise<boolean> {
    return this.#state(instanceId).status === 'running';
  }

  destroy(instanceId: string): Promise<void> {
    const record = path.join(this.#folder(instanceId), recordFile);
    return this.#inTurn(instanceId, () => rm(record, { force: true }));
  }

  forget(instanceId: string): void {
    this.#turns.delete(instanceId);
    this.#folders.delete(instanceId);
  }

  pivot(instanceId: string, volumes: PivotRequest[]): Promise<PivotResult> {
    return this.#inTurn(instanceId, () => this.#pivot(instanceId, volumes));
  }

  async #pivot(instanceId: string, volumes: PivotRequest[]): Promise<PivotResult> {
    const before = this.#state(instanceId);
    const isNew = volumes.some(
      ({ volumeId, layer }) => !diskOf(before, volumeId).layers.includes(layer.number),
    );
    for (const { volumeId, layer, sizeBytes, secret } of volumes) {
      if (diskOf(before, volumeId).layers.includes(layer.number)) continue;
      await rm(layer.path, { force: true });
      await this.#options.createLayer(layer.path, sizeBytes, { secret });
    }
    const { frozen: _, ...state } = this.#state(instanceId);
    for (const { volumeId, layer } of volumes) {
      const { layers } = diskOf(state, volumeId);
      if (!layers.includes(layer.number)) layers.push(layer.number);
    }
    writeState(this.#folder(instanceId), state);
    // Nothing writes, so every point in time is a consistent one.
    return { frozen: true, pauseMs: 0, cut: isNew ? 'now' : 'earlier' };
  }

  async thaw(instanceId: string): Promise<void> {
    const { frozen, ...thawed } = this.#state(instanceId);
    if (frozen) writeState(this.#folder(instanceId), thawed);
  }

  layersOf(instanceId: string, volumeId: string): Promise<number[]> {
    return this.#inTurn(instanceId, async () => diskOf(this.#state(instanceId), volumeId).layers);
  }

  rebase(
    instanceId: string,
    volumeId: string,
    keep: { number: number; path: string },
    base: MachineDiskBase,
  ): Promise<void> {
    return this.#inTurn(instanceId, async () => this.#rebase(instanceId, volumeId, keep, base));
  }

  #rebase(
    instanceId: string,
    volumeId: string,
    keep: { number: number },
    base: MachineDiskBase,
  ): void {
    const state = this.#state(instanceId);
    const disk = diskOf(state, volumeId);
    if (!disk.layers.includes(keep.number)) throw new Error(`${volumeId} has no such layer`);
    disk.layers = disk.layers.filter((number) => number >= keep.number);
    disk.base = base;
    writeState(this.#folder(instanceId), state);
  }

  moveBase(instanceId: string, volumeId: string, base: MachineDiskBase): Promise<void> {
    return this.#changeDisk(instanceId, volumeId, (disk) => {
      if (disk.base?.exportName === base.exportName) disk.base = base;
    });
  }

  async disksOf(instanceId: string): Promise<PluggedDisk[]> {
    return this.#state(instanceId).disks.map(({ volumeId, sizeBytes, limits = {} }) => ({
      volumeId,
      sizeBytes,
      limits,
      taken: false,
    }));
  }

  plug(instanceId: string, disk: MachineDisk): Promise<void> {
    return this.#inTurn(instanceId, async () => {
      const state = this.#state(instanceId);
      if (state.disks.some(({ volumeId }) => volumeId === disk.volumeId)) return;
      if (state.disks.some(({ slot }) => slot === disk.slot)) {
        throw new NoPlaceError(`slot ${disk.slot} is taken`);
      }
      writeState(this.#folder(instanceId), { ...state, disks: [...state.disks, asPlugged(disk)] });
    });
  }

  /** The guest that is not there lets go at once. */
  unplug(instanceId: string, volumeId: string): Promise<boolean> {
    return this.#inTurn(instanceId, async () => {
      const state = this.#state(instanceId);
      const disks = state.disks.filter((disk) => disk.volumeId !== volumeId);
      writeState(this.#folder(instanceId), { ...state, disks });
      return true;
    });
  }

  async takeAway(instanceId: string, volumeId: string): Promise<void> {
    await this.unplug(instanceId, volumeId);
  }

  resize(instanceId: string, volumeId: string, sizeBytes: number): Promise<void> {
    return this.#changeDisk(instanceId, volumeId, (disk) => {
      disk.sizeBytes = Math.max(disk.sizeBytes, sizeBytes);
    });
  }

  limit(instanceId: string, volumeId: string, limits: DiskLimits): Promise<void> {
    return this.#changeDisk(instanceId, volumeId, (disk) => {
      disk.limits = limits;
    });
  }

  #changeDisk(
    instanceId: string,
    volumeId: string,
    change: (disk: SimulatedDisk) => void,
  ): Promise<void> {
    return this.#inTurn(instanceId, async () => {
      const state = this.#state(instanceId);
      change(diskOf(state, volumeId));
      writeState(this.#folder(instanceId), state);
    });
  }

  /** Every wish comes true; what may be anywhere is numbered. */
  async setForwards(instanceId: string, wanted: readonly PortForward[]): Promise<PortForward[]> {
    const state = this.#state(instanceId);
    const forwards = wanted.map((forward, index) => ({
      ...forward,
      hostPort: forward.hostPort || 32_768 + index,
    }));
    if (!isDeepStrictEqual(forwards, state.forwards)) {
      writeState(this.#folder(instanceId), { ...state, forwards });
    }
    return forwards;
  }

  consoleOutput(folder: string, maxBytes: number): Promise<Buffer> {
    return readConsole(folder, maxBytes);
  }

  /** Those that it began with: there is no firmware that would change them. */
  async uefiVariables(instanceId: string): Promise<UefiVariable[]> {
    const { uefiData } = this.#state(instanceId);
    return uefiData === undefined ? [] : decodeUefiData(Buffer.from(uefiData, 'base64'));
  }

  /** There is nothing that would be started, signed or not. */
  async secureBootKeys(): Promise<UefiVariable[]> {
    return [platformKey(Buffer.from('simulated'))];
  }

  /** Nobody would draw on it. */
  async screen(instanceId: string): Promise<never> {
    throw new NoScreenError(instanceId);
  }

  async openScreen(instanceId: string): Promise<never> {
    throw new NoScreenError(instanceId);
  }

  async beginCommand(instanceId: string): Promise<void> {
    this.#state(instanceId);
  }

  /** Every command ends well at once, and says that nothing was done. */
  async commandState(
    instanceId: string,
    _id: string,
    from: CommandPosition,
  ): Promise<CommandState> {
    this.#state(instanceId);
    const told = Buffer.from('a simulated machine runs no command: nothing was done\n');
    const [stdout, stderr] = [Buffer.alloc(0), told.subarray(from.stderr)];
    return { state: 'ended', exitCode: 0, elapsedSeconds: 0, stdout, stderr };
  }

  async endCommand(instanceId: string): Promise<void> {
    this.#state(instanceId);
  }

  async usage(): Promise<Map<string, MachineUsage>> {
    return new Map();
  }

  onChange(listener: (instanceId: string, status: MachineStatus) => void): void {
    this.#listeners.push(listener);
  }

  /** A process that has ended does nothing more: what is under way is waited for. */
  async close(): Promise<void> {
    await Promise.all(this.#turns.values());
    this.#folders.clear();
  }

  #inTurn<T>(instanceId: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#turns.get(instanceId) ?? Promise.resolve()).then(work);
    const turn = result.catch(() => {});
    this.#turns.set(instanceId, turn);
    return result;
  }

  #folder(instanceId: string): string {
    const folder = this.#folders.get(instanceId);
    if (folder === undefined) throw new MachineUnknownError(instanceId);
    return folder;
  }

  #state(instanceId: string): MachineState {
    const state = readState(this.#folder(instanceId));
    if (!state) throw new MachineAbsentError(instanceId);
    return state;
  }
}

function diskOf(state: MachineState, volumeId: string): SimulatedDisk {
  const disk = state.disks.find((candidate) => candidate.volumeId === volumeId);
  if (!disk) throw new NoDiskError(volumeId);
  return disk;
}

function asPlugged({ layers, ...disk }: MachineDisk): SimulatedDisk {
  return { ...disk, layers: layers.map(({ number }) => number) };
}

function readState(folder: string): MachineState | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, recordFile), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeState(folder: string, state: MachineState): void {
  const draft = path.join(folder, `.${recordFile}`);
  writeFileSync(draft, JSON.stringify(state));
  renameSync(draft, path.join(folder, recordFile));
}
