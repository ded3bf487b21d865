/**
 * For tests of QEMU's implementation: its hypervisor over a home of machines, all ended at last.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { createLayer } from '../../disk/qcow2-create.ts';
import { silentLog } from '../../foundations/log.ts';
import { unprivilegedIdentity } from '../../foundations/unprivileged.ts';
import type { Hypervisor, MachineSpec } from '../hypervisor.ts';
import { pinned, TestHome } from '../test-machines.ts';
import { createQemuHypervisor } from './qemu-hypervisor.ts';

export const identity = unprivilegedIdentity();

export class TestQemu implements AsyncDisposable {
  readonly home: TestHome;
  readonly hypervisor: Hypervisor;
  /** Ids of machines that are to be ended. */
  readonly running = new Set<string>();
  #made = 0;

  private constructor(home: TestHome, hypervisor: Hypervisor) {
    this.home = home;
    this.hypervisor = hypervisor;
  }

  static async create(): Promise<TestQemu> {
    const home = await TestHome.create();
    const firmwareFolder = path.join(home.folder, 'firmware');
    const options = { log: silentLog, createLayer, firmwareFolder, identity };
    return new TestQemu(home, await createQemuHypervisor(options));
  }

  async specOf(guest?: number[]): Promise<MachineSpec> {
    const made = await this.home.machine(`i-000000000000000a${this.#made++}`, guest);
    return pinned(made, this.hypervisor);
  }

  async start(spec: MachineSpec): Promise<number> {
    this.running.add(spec.instanceId);
    const { pid } = await this.hypervisor.start(spec);
    assert.ok(pid);
    return pid;
  }

  async stop(spec: MachineSpec): Promise<void> {
    await this.hypervisor.destroy(spec.instanceId);
    this.running.delete(spec.instanceId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.running) {
      await this.hypervisor.adopt(id, this.home.machineFolder(id));
      await this.hypervisor.destroy(id);
    }
    await this.hypervisor.close();
    await this.home[Symbol.asyncDispose]();
  }
}

export const volumeOf = (spec: MachineSpec) => spec.disks[0]?.volumeId ?? '';
