/** What real machines take: a guest that reads and writes without end, and one that only waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, guests } from '../test-machines.ts';
import { TestQemu } from './test-qemu.ts';

test('what each machine takes is counted; one that is stuck is left out, and the others are told', async () => {
  await using machines = await TestQemu.create();
  const { hypervisor } = machines;
  const [busy, idle] = [await machines.specOf(guests.counting), await machines.specOf()];
  const [busyPid] = [await machines.start(busy), await machines.start(idle)];
  const of = async (spec: { instanceId: string }) =>
    (await hypervisor.usage()).get(spec.instanceId);

  const first = await eventually(async () => {
    const usage = await of(busy);
    return usage && usage.writeOperations > 0 && usage;
  });
  const later = await eventually(async () => {
    const usage = await of(busy);
    return usage && usage.readOperations > first.readOperations + 10 && usage;
  });
  assert.ok(later.cpuMs > 0 && later.cpuMs >= first.cpuMs);
  // It reads and writes a sector a time, and its boot sector was read before.
  assert.ok(later.readBytes >= later.readOperations * 512);
  assert.equal(later.writtenBytes, later.writeOperations * 512);
  const waiting = await of(idle);
  assert.ok(waiting && waiting.cpuMs > 0);
  assert.deepEqual([waiting.writtenBytes, waiting.writeOperations], [0, 0]);

  process.kill(busyPid, 'SIGSTOP');
  const told = await hypervisor.usage();
  process.kill(busyPid, 'SIGCONT');
  assert.deepEqual([...told.keys()], [idle.instanceId]);
  await machines.stop(busy);
  assert.deepEqual([...(await hypervisor.usage()).keys()], [idle.instanceId]);
});
