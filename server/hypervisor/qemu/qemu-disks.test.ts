/**
 * What the port does not promise but QEMU's implementation does, of disks: looked at from the
 * outside, in real machines whose guests write.
 */
import assert from 'node:assert/strict';
import { readdir, readlink, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Hypervisor, MachineStatus } from '../hypervisor.ts';
import {
  counterIn,
  diskSizeBytes,
  eventually,
  guests,
  type MemoryDisk,
  type TestHome,
} from '../test-machines.ts';
import { TestQemu, volumeOf } from './test-qemu.ts';

describe('disks in QEMU', () => {
  let machines: TestQemu;
  let home: TestHome;
  let hypervisor: Hypervisor;

  before(async () => {
    machines = await TestQemu.create();
    ({ home, hypervisor } = machines);
  });
  after(() => machines?.[Symbol.asyncDispose]());

  test('a pivot under a writing guest fixes the old layer, a rebase lets go of it', async () => {
    const spec = await machines.specOf(guests.counting);
    const volumeId = volumeOf(spec);
    const pid = await machines.start(spec);
    await eventually(() => isWritten(home.layer(volumeId, 1).path));
    const request = { volumeId, layer: home.layer(volumeId, 2), sizeBytes: diskSizeBytes };
    const { frozen } = await hypervisor.pivot(spec.instanceId, [request], { freeze: true });
    assert.equal(frozen, false, 'a boot sector has no agent');
    const atPivot = await counterIn(home.layer(volumeId, 1).path);
    assert.ok(atPivot > 0);
    await eventually(() => isWritten(request.layer.path));
    assert.equal(await counterIn(home.layer(volumeId, 1).path), atPivot);

    const old = spec.disks[0]?.base?.exportName ?? '';
    const base = { exportName: 'd'.repeat(64), sizeBytes: diskSizeBytes };
    home.exports.set(base.exportName, home.exports.get(old) as MemoryDisk);
    await hypervisor.rebase(spec.instanceId, volumeId, request.layer, base);
    const open = await openFiles(pid);
    assert.ok(open.includes(request.layer.path));
    assert.ok(!open.includes(home.layer(volumeId, 1).path));
    // Nothing of the old base is used either: without it the guest goes on.
    home.exports.delete(old);
    await home.serve(spec.folder);
    assert.equal(await hypervisor.status(spec.instanceId), 'running');
    const third = { volumeId, layer: home.layer(volumeId, 3), sizeBytes: diskSizeBytes };
    await hypervisor.pivot(spec.instanceId, [third], { freeze: false });
    assert.ok((await counterIn(request.layer.path)) > atPivot);
    await machines.stop(spec);
  });

  test('a guest reads on while its base moves into a file and back, and lets go of the file', async () => {
    const spec = await machines.specOf(guests.counting);
    const { instanceId } = spec;
    const [disk] = spec.disks;
    assert.ok(disk?.base);
    const { volumeId, base } = disk;
    const pid = await machines.start(spec);
    await eventually(() => isWritten(home.layer(volumeId, 1).path));
    const file = await home.plainFile(instanceId, base.exportName);
    const served = home.exports.get(base.exportName) as MemoryDisk;
    const move = (to: typeof base) =>
      hypervisor.moveBase(instanceId, volumeId, to, { encrypted: false });
    let layers = 1;
    const count = async () => {
      const layer = home.layer(volumeId, ++layers);
      const cut = { volumeId, layer, sizeBytes: diskSizeBytes };
      await hypervisor.pivot(instanceId, [cut], { freeze: false });
      await eventually(() => isWritten(layer.path));
      return counterIn(home.layer(volumeId, layers - 1).path);
    };
    await move({ ...base, file });
    // Nobody else has its bytes now.
    served.broken = true;
    home.exports.delete(base.exportName);
    assert.ok((await openFiles(pid)).includes(file));
    const before = await count();
    assert.ok((await count()) > before);
    served.broken = false;
    home.exports.set(base.exportName, served);
    await move(base);
    assert.ok(!(await openFiles(pid)).includes(file));
    const moved = await count();
    assert.ok((await count()) > moved);
    assert.equal(await hypervisor.status(instanceId), 'running');
    await machines.stop(spec);
  });

  test('all volumes are pivoted together, also of a machine that has shut down', async () => {
    const spec = await machines.specOf();
    spec.disks.push(await home.disk('vol-0000000000000data', undefined, 5));
    const pid = await machines.start(spec);
    await eventually(async () => (await hypervisor.consoleOutput(spec.folder, 9)).length > 0);
    await eventually(async () => {
      await hypervisor.powerDown(spec.instanceId);
      return (await hypervisor.status(spec.instanceId)) === 'shutdown';
    });
    const requests = spec.disks.map(({ volumeId }) => ({
      volumeId,
      layer: home.layer(volumeId, 2),
      sizeBytes: diskSizeBytes,
    }));
    // One layer is open when the other cannot be made: it is not the machine's, and is let go of.
    const [first, second] = requests;
    assert.ok(first && second);
    const broken = { ...second, layer: { number: 2, path: '/nonexistent/2.qcow2' } };
    await assert.rejects(hypervisor.pivot(spec.instanceId, [first, broken], { freeze: false }));
    assert.deepEqual(await hypervisor.layersOf(spec.instanceId, first.volumeId), [1]);
    assert.ok(!(await openFiles(pid)).includes(first.layer.path));
    // What a killed call leaves: a file that is not in use yet.
    await writeFile(first.layer.path, 'half');
    await hypervisor.pivot(spec.instanceId, requests, { freeze: true });
    assert.equal(await hypervisor.status(spec.instanceId), 'shutdown');
    const layerOf = (volumeId: string) => home.layer(volumeId, 3);
    const third = requests.map((each) => ({ ...each, layer: layerOf(each.volumeId) }));
    await hypervisor.pivot(spec.instanceId, third, { freeze: true });
    await hypervisor.reset(spec.instanceId);
    assert.equal(await hypervisor.status(spec.instanceId), 'running');
    await machines.stop(spec);
  });

  test('a disk error stops the machine, tells of it, and it goes on when the disk is back', async () => {
    const spec = await machines.specOf(guests.counting);
    const changes: MachineStatus[] = [];
    hypervisor.onChange((id, status) => {
      if (id === spec.instanceId) changes.push(status);
    });
    const disk = home.exports.get(spec.disks[0]?.base?.exportName ?? '') as MemoryDisk;
    await machines.start(spec);
    disk.broken = true;
    await eventually(() => changes.includes('io-error'));
    assert.equal(await hypervisor.status(spec.instanceId), 'io-error');
    disk.broken = false;
    assert.equal(await hypervisor.resume(spec.instanceId), true);
    assert.equal(await hypervisor.status(spec.instanceId), 'running');
    await machines.stop(spec);
  });

  test('a guest waits for its data plane and goes on', async () => {
    const spec = await machines.specOf(guests.counting);
    const volumeId = volumeOf(spec);
    await machines.start(spec);
    const pivot = async (number: number) => {
      const layer = home.layer(volumeId, number);
      await hypervisor.pivot(spec.instanceId, [{ volumeId, layer, sizeBytes: diskSizeBytes }], {
        freeze: false,
      });
      return counterIn(home.layer(volumeId, number - 1).path);
    };
    await eventually(() => isWritten(home.layer(volumeId, 1).path));
    await home.unserve(spec.folder);
    assert.equal(await hypervisor.status(spec.instanceId), 'running');
    await home.serve(spec.folder);
    const before = await pivot(2);
    await eventually(() => isWritten(home.layer(volumeId, 2).path));
    assert.ok((await pivot(3)) > before);
    assert.equal(await hypervisor.status(spec.instanceId), 'running');
    await machines.stop(spec);
  });
});

/** Whether a guest has written to the layer: an empty one has four clusters of 64 KiB. */
async function isWritten(layerPath: string): Promise<boolean> {
  return (await stat(layerPath)).size > 4 * 65_536;
}

async function openFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  return Promise.all(names.map((name) => readlink(path.join(folder, name)).catch(() => '')));
}
