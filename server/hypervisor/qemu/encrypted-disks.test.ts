/**
 * Encrypted disks in real machines whose guests are boot sectors: what they write is in no file, in
 * no argument and no record is what opens it, and a start that was killed between any two steps is
 * completed.
 */
import assert from 'node:assert/strict';
import { chown, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { LayeredDisk } from '../../disk/layered-disk.ts';
import { createLayer } from '../../disk/qcow2-create.ts';
import { openLayer } from '../../disk/qcow2-layer.ts';
import { silentLog } from '../../foundations/log.ts';
import type { Hypervisor, MachineDisk, MachineSpec } from '../hypervisor.ts';
import {
  diskSizeBytes,
  eventually,
  guests,
  type MemoryDisk,
  type TestHome,
} from '../test-machines.ts';
import { commandLine } from './command-line.ts';
import { openedDisk } from './disk-device.ts';
import { giveSecret, placeholderNode } from './encrypted-disks.ts';
import { QemuMachine } from './machine.ts';
import { spawnProcess } from './process.ts';
import { TestQemu, volumeOf } from './test-qemu.ts';

const secret = 'c2VjcmV0IG9mIHRoZSB2b2x1bWU=';
/** Where the counting guest writes. */
const counterAt = 8 * 512;

describe('encrypted disks in QEMU', () => {
  let machines: TestQemu;
  let home: TestHome;
  let hypervisor: Hypervisor;

  before(async () => {
    machines = await TestQemu.create();
    ({ home, hypervisor } = machines);
  });
  after(() => machines?.[Symbol.asyncDispose]());

  /** With encrypted layers in place of those that tests make. */
  async function encrypted(disk: MachineDisk): Promise<MachineDisk> {
    const layers = disk.layers.map(({ number }) => home.layer(`${disk.volumeId}`, number + 10));
    for (const layer of layers) await createLayer(layer.path, diskSizeBytes, { secret });
    return { ...disk, layers, secret };
  }

  async function specOf(): Promise<MachineSpec> {
    const spec = await machines.specOf(guests.counting);
    return { ...spec, disks: await Promise.all(spec.disks.map(encrypted)) };
  }

  async function counter(file: string): Promise<number> {
    const disk = new LayeredDisk([await openLayer(file, undefined, secret)]);
    try {
      return (await disk.pread(counterAt, 4)).readUInt32LE();
    } finally {
      await disk.close();
    }
  }

  /** While QEMU writes, tables and data may not be there together. */
  const counterNow = (file: string) => counter(file).catch(() => 0);

  const topOf = (spec: MachineSpec) => spec.disks[0]?.layers.at(-1)?.path ?? '';

  test('a guest boots of it and writes; pivoted and rebased it goes on; nothing tells the secret', async () => {
    const spec = await specOf();
    const volumeId = volumeOf(spec);
    const pid = await machines.start(spec);
    await eventually(async () => (await counterNow(topOf(spec))) > 0);
    const request = { volumeId, layer: home.layer(volumeId, 20), sizeBytes: diskSizeBytes, secret };
    await hypervisor.pivot(spec.instanceId, [request], { freeze: false });
    const atPivot = await counter(topOf(spec));
    await eventually(async () => (await counterNow(request.layer.path)) > atPivot);
    assert.equal(await counter(topOf(spec)), atPivot);
    const old = spec.disks[0]?.base?.exportName ?? '';
    const base = { exportName: 'd'.repeat(64), sizeBytes: diskSizeBytes };
    home.exports.set(base.exportName, home.exports.get(old) as MemoryDisk);
    const keep = { ...request.layer, encrypted: true };
    await hypervisor.rebase(spec.instanceId, volumeId, keep, base);
    assert.deepEqual(await hypervisor.layersOf(spec.instanceId, volumeId), [20]);
    const before = await counterNow(request.layer.path);
    await eventually(async () => (await counterNow(request.layer.path)) > before);
    const told = [await readFile(`/proc/${pid}/cmdline`), await readFile(`/proc/${pid}/environ`)];
    for (const name of await readdir(spec.folder, { recursive: true })) {
      told.push(await readFile(path.join(spec.folder, name)).catch(() => Buffer.alloc(0)));
    }
    for (const bytes of told) assert.ok(!bytes.includes(secret));
    await machines.stop(spec);
  });

  for (const killed of ['before its disk is opened', 'when its disk is not over its base yet']) {
    test(`a start that was killed ${killed} is completed, and nothing begins before`, async () => {
      const spec = await specOf();
      const { instanceId, folder, layout, owner } = spec;
      const [disk] = spec.disks;
      assert.ok(disk);
      if (owner) for (const { path: file } of disk.layers) await chown(file, owner.uid, owner.gid);
      const argv = commandLine(spec);
      const binary = 'qemu-system-x86_64';
      const process = spawnProcess({ binary, argv, folder, layout, owner });
      machines.running.add(instanceId);
      const options = { instanceId, folder, process, log: silentLog, onChange() {} };
      const machine = await QemuMachine.connect(options);
      if (killed.startsWith('when')) {
        await giveSecret(machine, disk);
        const { nodes } = openedDisk(disk, machine.workFolder, layout);
        for (const node of nodes) {
          const isTop = node === nodes.at(-1);
          await machine.qmp.execute('blockdev-add', isTop ? { ...node, backing: null } : node);
        }
        const data = { node: placeholderNode(disk.volumeId), overlay: nodes.at(-1)?.['node-name'] };
        const actions = [{ type: 'blockdev-snapshot', data }];
        await machine.qmp.execute('transaction', { actions });
      }
      machine.close();
      assert.notEqual((await hypervisor.adopt(instanceId, folder)).status, 'running');
      await machines.start(spec);
      assert.equal(await hypervisor.status(instanceId), 'running');
      await eventually(async () => (await counterNow(topOf(spec))) > 0);
      await machines.stop(spec);
    });
  }

  test('with another secret it does not start, and leaves nothing running', async () => {
    const spec = await specOf();
    const disks = spec.disks.map((disk) => ({ ...disk, secret: 'another' }));
    await assert.rejects(machines.start({ ...spec, disks }), /password|secret|key/i);
    const { status } = await hypervisor.adopt(spec.instanceId, spec.folder);
    assert.equal(status, 'absent');
  });

  test('it is plugged and let go of, also one beside plain disks', async () => {
    const spec = await machines.specOf(guests.polite);
    await machines.start(spec);
    await eventually(async () => (await hypervisor.consoleOutput(spec.folder, 9)).length > 0);
    const disk = await encrypted(await home.disk('vol-0000000000000cafe', undefined, 5));
    await hypervisor.plug(spec.instanceId, disk);
    await hypervisor.plug(spec.instanceId, disk);
    const plugged = await hypervisor.disksOf(spec.instanceId);
    assert.ok(plugged.some(({ volumeId }) => volumeId === disk.volumeId));
    assert.deepEqual(await hypervisor.layersOf(spec.instanceId, disk.volumeId), [11]);
    await hypervisor.takeAway(spec.instanceId, disk.volumeId);
    await machines.stop(spec);
  });
});
