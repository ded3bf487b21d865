/**
 * The hypervisor on QEMU: starts, finds, ends machines and hands the rest to machine.ts, layers.ts
 * and forwards.ts. Calls that change one machine wait for each other; different machines do not.
 */

import type { Duplex } from 'node:stream';
import { readConsole, trimIntervalMs, trimLogs } from '../../foundations/console-log.ts';
import type { Log } from '../../foundations/log.ts';
import type { UefiVariable } from '../../foundations/uefi-data.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import {
  type CpuShare,
  type DiskLimits,
  type Hypervisor,
  type HypervisorDescription,
  type Machine,
  MachineAbsentError,
  type MachineDisk,
  type MachineSpec,
  type MachineStatus,
  MachineUnknownError,
  type MachineUsage,
  NoMemoryError,
  NoScreenError,
  type OnOpen,
  type PivotRequest,
  type PivotResult,
  type PluggedDisk,
  type PortForward,
  type Screen,
} from '../hypervisor.ts';
import { cleanFolder } from './clean-folder.ts';
import { commandLine } from './command-line.ts';
import { shareProcessors } from './cpu-share.ts';
import { awaitsDisks, openEncryptedDisks } from './encrypted-disks.ts';
import { endProcess } from './end-process.ts';
import { findUefi, firmwareOf, type InstalledUefi, secureBootKeys } from './firmware.ts';
import { readFlash } from './flash.ts';
import { openForwards } from './forwards.ts';
import { thawLeftFrozen } from './freeze.ts';
import { agentOf, beginCommand, commandState, endCommand } from './guest-commands.ts';
import { handOver } from './hand-over.ts';
import {
  disksOf,
  limitDisk,
  plugDisk,
  resizeDisk,
  settleDisks,
  takeDiskAway,
  unplugDisk,
} from './hot-plug.ts';
import { type CreateLayer, layersOf, moveBase, pivotLayers, rebaseLayer } from './layers.ts';
import { QemuMachine } from './machine.ts';
import { probeQemu, type QemuFacts } from './probe.ts';
import { findProcess, logTail, type MachineProcess, spawnProcess } from './process.ts';
import { openScreen, readScreen } from './screen.ts';
import { StartingLine } from './starting-line.ts';
import { hasTpm, startTpm } from './tpm.ts';
import { usageOf } from './usage.ts';

/** What QEMU says when it cannot have the memory of its guest. */
const noMemory = /cannot allocate memory|cannot set up guest memory/i;

export interface QemuHypervisorOptions {
  log: Log;
  /** Makes the empty qcow2 file of a new layer. */
  createLayer: CreateLayer;
  /** Keeps templates of UEFI variables for the machines that began with them. */
  firmwareFolder: string;
  /** Where Imago runs as root: whom QEMU runs as that no machine owns. */
  identity?: UnprivilegedIdentity;
  binary?: string;
}

/** A machine that was started or adopted here; `running` while its process lives. */
interface KnownMachine {
  folder: string;
  running?: QemuMachine;
  /** The last of the calls that change it. */
  turn: Promise<unknown>;
}

/** Probes QEMU (once per process), so that it fails where no machine could be started. */
export async function createQemuHypervisor(options: QemuHypervisorOptions): Promise<Hypervisor> {
  const binary = options.binary ?? 'qemu-system-x86_64';
  const { identity } = options;
  const [facts, uefi] = await Promise.all([probeQemu({ binary, identity }), findUefi()]);
  options.log.info('QEMU is ready', { ...facts });
  return new QemuHypervisor({ ...options, binary }, facts, uefi);
}

class QemuHypervisor implements Hypervisor {
  readonly #options: QemuHypervisorOptions & { binary: string };
  readonly #facts: QemuFacts;
  readonly #uefi: InstalledUefi;
  readonly #machines = new Map<string, KnownMachine>();
  readonly #listeners: ((instanceId: string, status: MachineStatus) => void)[] = [];
  readonly #startingLine = new StartingLine();
  readonly #trimming: NodeJS.Timeout;

  constructor(
    options: QemuHypervisorOptions & { binary: string },
    facts: QemuFacts,
    uefi: InstalledUefi,
  ) {
    this.#options = options;
    this.#facts = facts;
    this.#uefi = uefi;
    this.#trimming = setInterval(() => void this.#trimLogs(), trimIntervalMs).unref();
  }

  describe(): HypervisorDescription {
    const secureBoot = this.#uefi.secure !== undefined;
    return { kind: 'qemu', ...this.#facts, layout: 3, tpm: hasTpm(), secureBoot };
  }

  secureBootKeys(): Promise<UefiVariable[]> {
    return secureBootKeys(this.#uefi);
  }

  adopt(instanceId: string, folder: string): Promise<Machine> {
    return this.#inTurn(this.#learn(instanceId, folder), (known) => this.#find(instanceId, known));
  }

  start(spec: MachineSpec, onOpen: OnOpen = async () => {}): Promise<Machine> {
    return this.#inTurn(this.#learn(spec.instanceId, spec.folder), async (known) => {
      const found = await this.#find(spec.instanceId, known);
      if (!known.running) return this.#start(spec, known, onOpen);
      // A call that was killed may not have come to these.
      await this.#giveDisks(known.running, spec);
      await onOpen(await openForwards(known.running.qmp, spec.network.forwards));
      return found;
    });
  }

  async status(instanceId: string): Promise<MachineStatus> {
    const { running } = this.#known(instanceId);
    return (await running?.status()) ?? 'absent';
  }

  powerDown(instanceId: string): Promise<void> {
    return this.#change(instanceId, async ({ qmp }) => {
      await qmp.execute('system_powerdown');
    });
  }

  setCpuShare(instanceId: string, share: CpuShare): Promise<void> {
    return this.#change(instanceId, (machine) => this.#share(instanceId, machine, share));
  }

  reset(instanceId: string): Promise<void> {
    return this.#change(instanceId, (machine) => machine.reset());
  }

  resume(instanceId: string): Promise<boolean> {
    return this.#change(instanceId, async (machine) => {
      const runs = await machine.resume();
      if (runs) await this.#thawLeftFrozen(instanceId, machine);
      return runs;
    });
  }

  async destroy(instanceId: string): Promise<void> {
    await this.#inTurn(this.#known(instanceId), async (known) => {
      const { folder, running } = known;
      known.running = undefined;
      const process = running?.process ?? findProcess(instanceId, folder);
      if (process) await endProcess(instanceId, process, running);
      await cleanFolder(folder);
    });
  }

  forget(instanceId: string): void {
    if (!this.#machines.get(instanceId)?.running) this.#machines.delete(instanceId);
  }

  pivot(
    instanceId: string,
    volumes: PivotRequest[],
    { freeze }: { freeze: boolean },
  ): Promise<PivotResult> {
    const { createLayer, log } = this.#options;
    return this.#change(instanceId, (machine) =>
      pivotLayers(machine, volumes, { createLayer, log, freeze }),
    );
  }

  thaw(instanceId: string): Promise<void> {
    return this.#change(instanceId, (machine) => thawLeftFrozen(machine, this.#options.log));
  }

  layersOf(instanceId: string, volumeId: string): Promise<number[]> {
    return this.#change(instanceId, (machine) => layersOf(machine, volumeId));
  }

  rebase(...[instanceId, ...call]: Parameters<Hypervisor['rebase']>): Promise<void> {
    return this.#change(instanceId, (machine) => rebaseLayer(machine, ...call));
  }

  moveBase(...[instanceId, ...call]: Parameters<Hypervisor['moveBase']>): Promise<void> {
    return this.#change(instanceId, (machine) => moveBase(machine, ...call));
  }

  disksOf(instanceId: string): Promise<PluggedDisk[]> {
    return this.#change(instanceId, disksOf);
  }

  plug(instanceId: string, disk: MachineDisk): Promise<void> {
    return this.#change(instanceId, (machine) => plugDisk(machine, disk));
  }

  unplug(instanceId: string, volumeId: string): Promise<boolean> {
    return this.#change(instanceId, (machine) => unplugDisk(machine, volumeId));
  }

  takeAway(instanceId: string, volumeId: string): Promise<void> {
    return this.#change(instanceId, (machine) => takeDiskAway(machine, volumeId));
  }

  resize(instanceId: string, volumeId: string, sizeBytes: number): Promise<void> {
    return this.#change(instanceId, (machine) => resizeDisk(machine, volumeId, sizeBytes));
  }

  limit(instanceId: string, volumeId: string, limits: DiskLimits): Promise<void> {
    return this.#change(instanceId, (machine) => limitDisk(machine, volumeId, limits));
  }

  setForwards(instanceId: string, wanted: readonly PortForward[]): Promise<PortForward[]> {
    return this.#change(instanceId, ({ qmp }) => openForwards(qmp, wanted));
  }

  consoleOutput(folder: string, maxBytes: number): Promise<Buffer> {
    return readConsole(folder, maxBytes);
  }

  uefiVariables(instanceId: string): Promise<UefiVariable[]> {
    return this.#change(instanceId, readFlash);
  }

  screen(instanceId: string, options: { wakeUp: boolean }): Promise<Screen> {
    return this.#change(instanceId, (machine) => {
      if (machine.process.layout === 1) throw new NoScreenError(instanceId);
      return readScreen(machine, options);
    });
  }

  openScreen(instanceId: string): Promise<Duplex> {
    return this.#change(instanceId, (machine) => openScreen(instanceId, machine));
  }

  beginCommand(...[instanceId, command]: Parameters<Hypervisor['beginCommand']>) {
    return this.#change(instanceId, (machine) => beginCommand(agentOf(machine), command));
  }

  commandState(...[instanceId, ...asked]: Parameters<Hypervisor['commandState']>) {
    return this.#change(instanceId, (machine) => commandState(agentOf(machine), ...asked));
  }

  endCommand(instanceId: string, id: string): Promise<void> {
    return this.#change(instanceId, (machine) => endCommand(agentOf(machine), id));
  }

  /** In nobody's turn: counters are read beside whatever is under way. */
  usage(): Promise<Map<string, MachineUsage>> {
    const running = [...this.#machines].flatMap(([instanceId, { running: machine }]) =>
      machine ? [[instanceId, machine] as const] : [],
    );
    return usageOf(running);
  }

  onChange(listener: (instanceId: string, status: MachineStatus) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#trimming);
    for (const { running } of this.#machines.values()) running?.close();
    this.#machines.clear();
  }

  /** The machine as it is; connects to it when it lives and that has not been done. */
  async #find(instanceId: string, known: KnownMachine): Promise<Machine> {
    if (!known.running?.alive) {
      known.running?.close();
      known.running = undefined;
      const process = findProcess(instanceId, known.folder);
      if (!process) return { instanceId, status: 'absent' };
      known.running = await this.#connect(instanceId, known.folder, process);
      const { running } = known;
      if ((await running.isHeldBack()) && !(await awaitsDisks(running))) await running.begin();
      await this.#thawLeftFrozen(instanceId, known.running);
    }
    const { running } = known;
    return { instanceId, status: await running.status(), pid: running.process.pid };
  }

  async #start(spec: MachineSpec, known: KnownMachine, onOpen: OnOpen): Promise<Machine> {
    const { instanceId, folder } = spec;
    const { layout, owner } = spec;
    const { binary, identity: logOwner } = this.#options;
    const argv = commandLine(spec, firmwareOf(spec, this.#uefi));
    using place = this.#startingLine.enter();
    await cleanFolder(folder);
    await handOver(spec, this.#options, this.#uefi);
    if (spec.tpm) await startTpm(spec);
    const process = spawnProcess({ binary, argv, folder, layout, owner, logOwner });
    try {
      const machine = await this.#connect(instanceId, folder, process);
      known.running = machine;
      await openEncryptedDisks(machine, spec.disks);
      await settleDisks(machine, spec.disks);
      await onOpen(await openForwards(machine.qmp, spec.network.forwards));
      // Sessions may have to wait for each other; the guest need not wait for that.
      void this.#share(instanceId, machine, spec.cpuShare);
      await place.ready();
      await machine.begin();
      return { instanceId, status: 'running', pid: process.pid };
    } catch (error) {
      const messages = logTail(folder);
      const machine = known.running;
      known.running = undefined;
      await endProcess(instanceId, process, machine);
      await cleanFolder(folder);
      if (machine) throw error;
      const told = `QEMU did not start machine ${instanceId}: ${messages || error}`;
      throw noMemory.test(messages) ? new NoMemoryError(told) : new Error(told);
    }
  }

  /** A guest that was left without its encrypted disks begins with them. */
  async #giveDisks(machine: QemuMachine, { disks }: MachineSpec): Promise<void> {
    if (!(await machine.isHeldBack()) || !(await awaitsDisks(machine))) return;
    await openEncryptedDisks(machine, disks);
    await settleDisks(machine, disks);
    await machine.begin();
  }

  #connect(instanceId: string, folder: string, process: MachineProcess): Promise<QemuMachine> {
    const onChange = (status: MachineStatus) => {
      for (const listener of this.#listeners) listener(instanceId, status);
    };
    return QemuMachine.connect({ instanceId, folder, process, log: this.#options.log, onChange });
  }

  /** A guest that stays frozen would be bad, but not to know its machine would be worse. */
  async #thawLeftFrozen(instanceId: string, machine: QemuMachine): Promise<void> {
    const { log } = this.#options;
    await thawLeftFrozen(machine, log).catch((error: Error) =>
      log.warn('a guest may still be frozen', { instanceId, error }),
    );
  }

  async #trimLogs(): Promise<void> {
    for (const [instanceId, { folder, running }] of this.#machines) {
      // From layout 2 on they are cut by who may be there when this is not.
      if (running?.process.layout !== 1) continue;
      try {
        await trimLogs(folder);
      } catch (error) {
        this.#options.log.warn('the logs of a machine could not be cut', { instanceId, error });
      }
    }
  }

  #share(instanceId: string, { process }: QemuMachine, share: CpuShare): Promise<void> {
    return shareProcessors(instanceId, process.pid, share, this.#options.log);
  }

  #learn(instanceId: string, folder: string): KnownMachine {
    const known = this.#machines.get(instanceId) ?? { folder, turn: Promise.resolve() };
    this.#machines.set(instanceId, known);
    return known;
  }

  #known(instanceId: string): KnownMachine {
    const known = this.#machines.get(instanceId);
    if (!known) throw new MachineUnknownError(instanceId);
    return known;
  }

  async #change<T>(instanceId: string, work: (machine: QemuMachine) => Promise<T>): Promise<T> {
    return this.#inTurn(this.#known(instanceId), async ({ running }) => {
      if (!running?.alive) throw new MachineAbsentError(instanceId);
      return work(running);
    });
  }

  #inTurn<T>(known: KnownMachine, work: (known: KnownMachine) => Promise<T>): Promise<T> {
    const result = known.turn.then(() => work(known));
    known.turn = result.catch(() => {});
    return result;
  }
}
