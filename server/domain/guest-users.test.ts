import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { TestImago } from '../tasks/test-imago.ts';

test('every instance has a user of its own, as long as its row is there', async () => {
  await using imago = await TestImago.start();
  const image = await imago.image();
  const launch = { ImageId: image.id, InstanceType: 't3.nano', MinCount: 5, MaxCount: 5 };
  for (let round = 0; round < 2; round++) await imago.call(runInstances, launch);
  const rows = await imago.catalog.read(({ instances }) => instances.list());
  const users = rows.map(({ ownerUid }) => ownerUid);
  assert.ok(users.every((user) => user !== undefined));
  assert.equal(new Set(users).size, 10);
});
