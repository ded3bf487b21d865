/** What every implementation of the hypervisor port must pass. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  type Hypervisor,
  MachineAbsentError,
  type MachineDiskBase,
  type MachineStatus,
  MachineUnknownError,
  NoDiskError,
  NoPlaceError,
} from './hypervisor.ts';
import {
  bootDisk,
  diskSizeBytes,
  eventually,
  guests,
  MemoryDisk,
  pinned,
  TestHome,
} from './test-machines.ts';

export function hypervisorSuite(name: string, create: () => Promise<Hypervisor>): void {
  describe(`hypervisor: ${name}`, () => {
    let home: TestHome;
    let hypervisor: Hypervisor;
    let started = 0;

    before(async () => {
      home = await TestHome.create();
      hypervisor = await create();
    });
    after(async () => {
      await hypervisor?.close();
      await home?.[Symbol.asyncDispose]();
    });

    async function withMachine(
      work: (id: string, spec: Awaited<ReturnType<TestHome['machine']>>) => Promise<void>,
    ): Promise<void> {
      const id = `i-0000000000000000${++started}`;
      const spec = pinned(await home.machine(id), hypervisor);
      await hypervisor.start(spec);
      try {
        await work(id, spec);
      } finally {
        await hypervisor.destroy(id);
      }
    }

    const second = (spec: { disks: { volumeId: string }[] }) => {
      const volumeId = spec.disks[0]?.volumeId ?? '';
      return { volumeId, layer: home.layer(volumeId, 2), sizeBytes: diskSizeBytes };
    };

    test('a machine runs until it is destroyed, and start and destroy may be repeated', () =>
      withMachine(async (id, spec) => {
        assert.equal(await hypervisor.status(id), 'running');
        const again = await hypervisor.start(spec);
        assert.equal(again.status, 'running');
        assert.deepEqual(await hypervisor.adopt(id, spec.folder), again);
        await hypervisor.destroy(id);
        await hypervisor.destroy(id);
        assert.equal(await hypervisor.status(id), 'absent');
        assert.equal((await hypervisor.adopt(id, spec.folder)).status, 'absent');
        hypervisor.forget(id);
        await assert.rejects(async () => hypervisor.status(id), MachineUnknownError);
        await hypervisor.adopt(id, spec.folder);
      }));

    test('where its ports are is told before a start resolves, also by one that finds the machine', () =>
      withMachine(async (_, spec) => {
        const forward = {
          protocol: 'tcp',
          hostIp: '127.83.7.2',
          hostPort: 0,
          guestPort: 22,
        } as const;
        const wished = { ...spec, network: { ...spec.network, forwards: [forward] } };
        const told: number[] = [];
        await hypervisor.start(wished, async (opened) => {
          told.push(...opened.map(({ hostPort }) => hostPort));
        });
        assert.equal(told.length, 1);
        assert.ok((told[0] ?? 0) >= 1024);
      }));

    test('another hypervisor object finds the machine', () =>
      withMachine(async (id, spec) => {
        await hypervisor.close();
        hypervisor = await create();
        await assert.rejects(hypervisor.setForwards(id, []), MachineUnknownError);
        assert.equal((await hypervisor.adopt(id, spec.folder)).status, 'running');
        assert.equal(await hypervisor.status(id), 'running');
      }));

    test('a guest that powers off is told of, stays, and can be booted again', () =>
      withMachine(async (id, spec) => {
        const changes: [string, MachineStatus][] = [];
        hypervisor.onChange((...change) => changes.push(change));
        // Without an operating system the button works once the guest listens for it.
        await eventually(async () => (await hypervisor.consoleOutput(spec.folder, 100)).length > 0);
        await eventually(async () => {
          await hypervisor.powerDown(id);
          return (await hypervisor.status(id)) === 'shutdown';
        });
        await eventually(() => changes.length > 0);
        assert.deepEqual(changes, [[id, 'shutdown']]);
        await hypervisor.reset(id);
        assert.equal(await hypervisor.status(id), 'running');
        assert.equal(await hypervisor.resume(id), true);
      }));

    test('a pivot makes the new layer and may be repeated', () =>
      withMachine(async (id, spec) => {
        const request = second(spec);
        const result = await hypervisor.pivot(id, [request], { freeze: true });
        assert.ok(existsSync(request.layer.path));
        assert.ok(result.pauseMs >= 0);
        assert.equal(result.cut, 'now');
        const again = await hypervisor.pivot(id, [request], { freeze: true });
        assert.deepEqual(again, { ...result, cut: 'earlier' });
        const { volumeId } = request;
        const before = spec.disks[0]?.layers.map(({ number }) => number) ?? [];
        assert.deepEqual(await hypervisor.layersOf(id, volumeId), [...before, 2]);
        await hypervisor.thaw(id);
        assert.equal(await hypervisor.status(id), 'running');
      }));

    test('who asks for the layers during a pivot hears of its layer', () =>
      withMachine(async (id, spec) => {
        const request = second(spec);
        const pivoting = hypervisor.pivot(id, [request], { freeze: false });
        const asked = hypervisor.layersOf(id, request.volumeId);
        assert.equal((await pivoting).cut, 'now');
        assert.ok((await asked).includes(request.layer.number));
      }));

    test('a rebase replaces what is under the kept layer and may be repeated', () =>
      withMachine(async (id, spec) => {
        const { volumeId, layer, sizeBytes } = second(spec);
        await hypervisor.pivot(id, [{ volumeId, layer, sizeBytes }], { freeze: false });
        const exportName = 'b'.repeat(64);
        home.exports.set(exportName, new MemoryDisk(bootDisk(guests.polite)));
        const base = { exportName, sizeBytes };
        await hypervisor.rebase(id, volumeId, layer, base);
        await hypervisor.rebase(id, volumeId, layer, base);
        assert.deepEqual(await hypervisor.layersOf(id, volumeId), [2]);
        const third = { volumeId, layer: home.layer(volumeId, 3), sizeBytes };
        await hypervisor.pivot(id, [third], { freeze: false });
        assert.equal(await hypervisor.status(id), 'running');
      }));

    test('a base is read from a file and from its export again, between pivots, and may be repeated', () =>
      withMachine(async (id, spec) => {
        const [disk] = spec.disks;
        assert.ok(disk?.base);
        const { volumeId, base, sizeBytes } = disk;
        const plain = { ...base, file: await home.plainFile(id, base.exportName) };
        const move = (to: MachineDiskBase) =>
          hypervisor.moveBase(id, volumeId, to, { encrypted: false });
        for (const to of [plain, plain, base, base, plain]) await move(to);
        assert.deepEqual(await hypervisor.layersOf(id, volumeId), [1]);
        const layer = home.layer(volumeId, 2);
        await hypervisor.pivot(id, [{ volumeId, layer, sizeBytes }], { freeze: false });
        for (const to of [base, plain]) await move(to);
        assert.deepEqual(await hypervisor.layersOf(id, volumeId), [1, 2]);
        const exportName = 'b'.repeat(64);
        home.exports.set(exportName, new MemoryDisk(bootDisk(guests.polite)));
        await hypervisor.rebase(id, volumeId, layer, { exportName, sizeBytes });
        // That is another base now.
        for (const to of [plain, base]) await move(to);
        await hypervisor.destroy(id);
        await hypervisor.start({ ...spec, disks: [{ ...disk, base: plain }] });
        await move(base);
        assert.equal(await hypervisor.status(id), 'running');
        await assert.rejects(
          async () => hypervisor.moveBase(id, 'vol-000000000000da7a9', base, { encrypted: false }),
          NoDiskError,
        );
      }));

    test('a disk is plugged, grows, is limited, and keeps that over a pivot and a rebase', () =>
      withMachine(async (id) => {
        const disk = await home.disk('vol-000000000000da7a1', undefined, 3);
        const { volumeId, sizeBytes } = disk;
        const limits = { iops: 500, bytesPerSecond: 10_000_000 };
        await hypervisor.plug(id, { ...disk, limits });
        await hypervisor.plug(id, disk);
        const found = async () =>
          (await hypervisor.disksOf(id)).find((each) => each.volumeId === volumeId);
        assert.deepEqual(await found(), { volumeId, sizeBytes, limits, taken: false });
        await hypervisor.resize(id, volumeId, 2 * sizeBytes);
        await hypervisor.resize(id, volumeId, sizeBytes);
        const layer = home.layer(volumeId, 2);
        const cut = { volumeId, layer, sizeBytes: 2 * sizeBytes };
        await hypervisor.pivot(id, [cut], { freeze: false });
        const exportName = 'd'.repeat(64);
        home.exports.set(exportName, new MemoryDisk(bootDisk(guests.polite)));
        await hypervisor.rebase(id, volumeId, layer, { exportName, sizeBytes });
        const larger = { volumeId, sizeBytes: 2 * sizeBytes, taken: false };
        assert.deepEqual(await found(), { ...larger, limits });
        await hypervisor.limit(id, volumeId, { iops: 100 });
        assert.deepEqual(await found(), { ...larger, limits: { iops: 100 } });
        await hypervisor.limit(id, volumeId, {});
        assert.deepEqual(await found(), { ...larger, limits: {} });
      }));

    test('a slot is one disk’s, and what is no disk of the machine is said', () =>
      withMachine(async (id, spec) => {
        const [first, second] = [
          await home.disk('vol-000000000000da7a2', undefined, 3),
          await home.disk('vol-000000000000da7a3', undefined, 3),
        ];
        await hypervisor.plug(id, first);
        await assert.rejects(hypervisor.plug(id, second), NoPlaceError);
        const ids = (await hypervisor.disksOf(id)).map(({ volumeId }) => volumeId);
        assert.deepEqual(ids, [spec.disks[0]?.volumeId, first.volumeId]);
        const { volumeId } = second;
        assert.equal(await hypervisor.unplug(id, volumeId), true);
        await hypervisor.takeAway(id, volumeId);
        const cut = { volumeId, layer: home.layer(volumeId, 2), sizeBytes: diskSizeBytes };
        const base = { exportName: 'd'.repeat(64), sizeBytes: diskSizeBytes };
        for (const call of [
          () => hypervisor.resize(id, volumeId, 2 * diskSizeBytes),
          () => hypervisor.limit(id, volumeId, {}),
          () => hypervisor.layersOf(id, volumeId),
          () => hypervisor.pivot(id, [cut], { freeze: false }),
          () => hypervisor.rebase(id, volumeId, cut.layer, base),
        ]) {
          await assert.rejects(async () => call(), NoDiskError);
        }
        await hypervisor.reset(id);
        assert.equal(await hypervisor.status(id), 'running');
      }));

    test('a disk that is taken away is no disk any more, and its slot is free after a reset', () =>
      withMachine(async (id) => {
        const disk = await home.disk('vol-000000000000da7a4', undefined, 3);
        const { volumeId } = disk;
        await hypervisor.plug(id, disk);
        await hypervisor.takeAway(id, volumeId);
        await hypervisor.takeAway(id, volumeId);
        await assert.rejects(hypervisor.layersOf(id, volumeId), NoDiskError);
        await hypervisor.reset(id);
        assert.equal(await eventually(() => hypervisor.unplug(id, volumeId)), true);
        await hypervisor.plug(id, disk);
        assert.deepEqual(await hypervisor.layersOf(id, volumeId), [1]);
      }));

    test('ports are answered, and stay where they are while they are wanted', () =>
      withMachine(async (id) => {
        const port = (guestPort: number, hostPort: number) =>
          ({ protocol: 'tcp', hostIp: '127.83.7.1', hostPort, guestPort }) as const;
        const wanted = [port(22, 0), port(80, 20_080)];
        const first = await hypervisor.setForwards(id, wanted);
        assert.deepEqual(
          first.map(({ guestPort }) => guestPort),
          [22, 80],
        );
        assert.ok((first[0]?.hostPort ?? 0) >= 32_768);
        assert.equal(first[1]?.hostPort, 20_080);
        assert.deepEqual(await hypervisor.setForwards(id, wanted), first);
        assert.deepEqual(await hypervisor.setForwards(id, wanted.slice(0, 1)), first.slice(0, 1));
        assert.deepEqual(await hypervisor.setForwards(id, []), []);
      }));

    test('its share of processors is changed while it runs, and may be set again', () =>
      withMachine(async (id) => {
        for (const share of ['yielding', 'yielding', 'full'] as const) {
          await hypervisor.setCpuShare(id, share);
        }
        assert.equal(await hypervisor.status(id), 'running');
      }));

    test('what each takes is told, unless it is simulated and takes nothing', () =>
      withMachine(async (id) => {
        const isSimulated = hypervisor.describe().kind === 'simulated';
        assert.deepEqual([...(await hypervisor.usage()).keys()], isSimulated ? [] : [id]);
        await hypervisor.destroy(id);
        assert.equal((await hypervisor.usage()).size, 0);
      }));

    test('the console outlives the machine and is read from its end', () =>
      withMachine(async (id, spec) => {
        const whole = await eventually(async () => {
          const output = await hypervisor.consoleOutput(spec.folder, 10_000);
          return output.length > 0 && output;
        });
        await hypervisor.destroy(id);
        const end = await hypervisor.consoleOutput(spec.folder, 1);
        assert.deepEqual(end, whole.subarray(-1));
        assert.equal((await hypervisor.consoleOutput(home.folder, 100)).length, 0);
      }));

    test('what is not known, or gone, is said', async () => {
      const unknown = 'i-0fffffffffffffff0';
      for (const call of [
        () => hypervisor.status(unknown),
        () => hypervisor.destroy(unknown),
        () => hypervisor.powerDown(unknown),
        () => hypervisor.pivot(unknown, [], { freeze: true }),
      ]) {
        await assert.rejects(async () => call(), MachineUnknownError);
      }
      assert.equal((await hypervisor.adopt(unknown, home.machineFolder(unknown))).status, 'absent');
      await hypervisor.destroy(unknown);
      await assert.rejects(hypervisor.powerDown(unknown), MachineAbsentError);
      await assert.rejects(hypervisor.reset(unknown), MachineAbsentError);
    });
  });
}
