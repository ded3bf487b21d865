/** What driver and tasks write is told to those who watch, as what requests write is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeLine } from '../../api/imago-changes.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { watchChanges } from '../operations/imago/WatchChanges.ts';
import { TestImago } from './test-imago.ts';

test('who reads what is told has the last of a launch and of a capture', async () => {
  await using imago = await TestImago.start();
  const image = await imago.image();
  const stream = await imago.call(watchChanges, {});
  const states = new Map<string, string>();
  const read = async ({ table, id = '' }: ChangeLine) => {
    assert.notEqual(table, 'leases');
    if (table !== 'instances' && table !== 'images' && table !== 'tasks') return;
    const row = await imago.catalog.read(
      (reader): Promise<{ state: string } | undefined> => reader[table].get(id),
    );
    if (row) states.set(id, row.state);
  };
  const reading: Promise<void>[] = [];
  stream.on('data', (chunk) => {
    for (const line of String(chunk).split('\n').slice(0, -1)) reading.push(read(JSON.parse(line)));
  });
  const untilSeen = (id: string, state: string) =>
    imago.until(`${id} is seen ${state}`, async () => states.get(id) === state);
  const run = { ImageId: image.id, InstanceType: 't3.nano', MinCount: 1, MaxCount: 1 } as const;
  const { Instances } = await imago.call(runInstances, run);
  const id = String(Instances?.[0]?.InstanceId);
  await untilSeen(id, 'running');
  const { ImageId } = await imago.call(createImage, { InstanceId: id, Name: 'captured' });
  await untilSeen(String(ImageId), 'available');
  const [task] = await imago.untilQuiet();
  await untilSeen(String(task?.id), 'succeeded');
  await Promise.all(reading);
  stream.destroy();
});
