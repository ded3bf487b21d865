/** What every implementation of the host port must pass. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { GuestDisk, GuestSpec, Host } from './host.ts';
import { exampleGuest } from './test-guest.ts';

const gib = 1024 ** 3;

let made = 0;

/**
 * `open` makes a host in a place of its own; called again with the same place it is the next
 * process's.
 */
export function hostSuite(
  name: string,
  open: (t: TestContext) => Promise<() => Promise<Host>>,
): void {
  describe(`host: ${name}`, () => {
    async function begin(t: TestContext) {
      const again = await open(t);
      const host = await again();
      const { kind, ...description } = host.describe();
      const { machineType, cpuModel, accelerator } = description;
      const uuid = '00000000-0000-4000-8000-000000000001';
      const machine = { hypervisor: kind, machineType, cpuModel, accelerator, uuid };
      return { host, again, spec: guest(machine) };
    }

    test('it measures itself', async (t) => {
      const { host } = await begin(t);
      const { memoryMiB, vcpus, diskBytes, freeDiskBytes } = await host.measure();
      assert.ok(memoryMiB > 256 && vcpus >= 1);
      assert.ok(freeDiskBytes > 0 && freeDiskBytes <= diskBytes);
      await host.close({ keepServing: false });
    });

    test('a guest is made, told again, found by the next process, and taken away', async (t) => {
      const { host, again, spec } = await begin(t);
      const { instanceId } = spec;
      assert.equal(await host.status(instanceId), 'absent');
      await assert.rejects(host.apply(spec, { start: false }), { name: 'MachineAbsentError' });
      const applied = await host.apply(spec, { start: true });
      assert.deepEqual(applied.ports, spec.ports);
      await host.apply(spec, { start: true });
      assert.equal(await host.status(instanceId), 'running');
      await host.apply({ ...spec, ports: [] }, { start: false });
      const used = await host.usage();
      assert.deepEqual(
        [...used.keys()],
        spec.machine.hypervisor === 'simulated' ? [] : [instanceId],
      );
      await host.close({ keepServing: true });
      const next = await again();
      assert.equal(await next.status(instanceId), 'running');
      await next.remove(instanceId);
      await next.remove(instanceId);
      assert.equal(await next.status(instanceId), 'absent');
      const output = await next.consoleOutput(instanceId, 1000);
      assert.ok(output.length > 0, 'the console stays');
      await next.forget(instanceId);
      await next.forget(instanceId);
      assert.equal((await next.consoleOutput(instanceId, 1000)).length, 0);
      await next.close({ keepServing: false });
    });

    test('a command is the guest’s agent’s, and one without an agent says so', async (t) => {
      const { host, spec } = await begin(t);
      const { instanceId } = spec;
      const command = { id: 'c-1', argv: ['true'] };
      await assert.rejects(host.beginCommand(instanceId, command), { name: 'MachineAbsentError' });
      await host.apply(spec, { start: true });
      const state = async () => {
        await host.beginCommand(instanceId, command);
        const { exitCode } = {
          exitCode: -1,
          ...(await host.commandState(instanceId, 'c-1', start)),
        };
        await host.endCommand(instanceId, 'c-1');
        return exitCode;
      };
      const start = { stdout: 0, stderr: 0 };
      if (spec.machine.hypervisor === 'simulated') assert.equal(await state(), 0);
      else await assert.rejects(state(), { name: 'NoAgentError' });
      await host.remove(instanceId);
      await host.close({ keepServing: false });
    });

    test('disks of a guest that runs become those of its document', async (t) => {
      const { host, spec } = await begin(t);
      const { instanceId } = spec;
      await host.apply(spec, { start: true });
      const data = diskOf(`${spec.disks[0]?.volumeId.slice(0, -3)}da1`, 1);
      const { volumeId } = data;
      assert.deepEqual(await host.layersOf({ volumeId, instanceId }), [], 'there is no file yet');
      const disks = [...spec.disks, data];
      const applied = await host.apply({ ...spec, disks }, { start: false });
      assert.deepEqual([applied.leaving, applied.waiting], [[], []]);
      const limits = { iops: 200, bytesPerSecond: 1_000_000 };
      const larger = { ...data, limits, sizeBytes: 2 * gib };
      const told = { ...spec, disks: [...spec.disks, larger] };
      await host.apply(told, { start: false });
      await host.apply(told, { start: true });
      await host.pivot({ instanceId, cuts: [{ volumeId, layer: 1, sizeBytes: 2 * gib }] });
      assert.deepEqual(await host.layersOf({ volumeId, instanceId }), [0, 1]);
      const leaving = { ...data, leaves: 'pulled' } as const;
      for (let times = 0; times < 2; times++) {
        await host.apply({ ...spec, disks: [...spec.disks, leaving] }, { start: false });
      }
      await host.takeBack(volumeId);
      await host.takeBack(volumeId);
      // It is at rest: the machine has other disks.
      assert.deepEqual(await host.layersOf({ volumeId, instanceId }), [0, 1]);
      await host.rebase(instanceId, volumeId, 1, { root: 'a'.repeat(64), sizeBytes: gib });
      const cut = { volumeId, layer: 2, sizeBytes: 2 * gib };
      assert.equal((await host.pivot({ instanceId, cuts: [cut] })).status, 'running');
      assert.deepEqual(await host.layersOf({ volumeId, instanceId }), [0, 1, 2]);
      const fresh = { volumeId: `${volumeId.slice(0, -1)}2`, layer: 1, fresh: [0], sizeBytes: gib };
      await host.pivot({ cuts: [fresh] });
      assert.deepEqual(await host.layersOf({ volumeId: fresh.volumeId }), [0, 1]);
      await host.remove(instanceId);
      await host.close({ keepServing: false });
    });

    test('a pivot adds a layer to disks of a guest and to those at rest, and may be repeated', async (t) => {
      const { host, spec } = await begin(t);
      const { instanceId } = spec;
      const volumeId = spec.disks[0]?.volumeId ?? '';
      const cut = (layer: number) => ({
        instanceId,
        cuts: [{ volumeId, layer, sizeBytes: gib }],
      });
      await host.apply(spec, { start: true });
      const first = await host.pivot(cut(1));
      assert.equal(first.status, 'running');
      assert.deepEqual(await host.pivot(cut(1)), first);
      assert.deepEqual(await host.layersOf({ volumeId, instanceId }), [0, 1]);
      await host.thaw(instanceId);
      await host.remove(instanceId);
      assert.equal((await host.pivot(cut(2))).status, 'absent');
      assert.equal((await host.pivot(cut(2))).status, 'absent');
      await host.thaw(instanceId);
      assert.deepEqual(await host.layersOf({ volumeId, instanceId }), [0, 1, 2]);
      const [region, layers] = ['us-east-1', [0, 1]];
      const uploaded = await host.upload({ volumeId, region, sizeBytes: gib, layers });
      assert.equal(uploaded.fullSizeBytes, 0);
      await host.removeLayers(volumeId, [2]);
      await assert.rejects(host.upload({ volumeId, region, sizeBytes: gib, layers }));
      await host.upload({ volumeId, region, sizeBytes: gib, layers: [2] });
      const open = await host.readLayers({ volumeId, layers: [2] });
      assert.deepEqual(await Array.fromAsync(open.allocated()), []);
      assert.ok((await open.over().pread(gib - 4096, 4096)).every((byte) => byte === 0));
      await open.close();
      await assert.rejects(host.readLayers({ volumeId, layers: [1] }));
      assert.deepEqual(await host.belongings(), {
        instanceIds: [instanceId],
        volumeIds: [volumeId],
      });
      await host.removeVolume(volumeId);
      await host.removeVolume(volumeId);
      assert.deepEqual(await host.layersOf({ volumeId }), []);
      await host.close({ keepServing: false });
    });
  });
}

function guest(machine: GuestSpec['machine']): GuestSpec {
  const instanceId = `i-000000000000000${(++made).toString().padStart(2, '0')}`;
  return {
    ...exampleGuest(instanceId, machine),
    disks: [diskOf(`vol-${instanceId.slice(2)}`, 0)],
    ports: [{ protocol: 'tcp', hostIp: '127.83.9.1', hostPort: 20_022, guestPort: 22 }],
  };
}

function diskOf(volumeId: string, slot: number): GuestDisk {
  const layers = [{ number: 0, fresh: true }];
  return { volumeId, slot, sizeBytes: gib, readable: [], layers };
}
