import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besides } from '../../catalog/rows/backup.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { createTestContext } from '../../operations/test-context.ts';
import { insertImage, insertSnapshot } from '../../operations/test-images.ts';
import { type Backup, isLastGood, lastGood, lastGoodAmong } from './last-good.ts';

const at = (day: number) => new Date(Date.UTC(2026, 0, day)).toISOString();

function backup(id: string, day: number, rest: Partial<Backup> = {}): Backup {
  return { id, createdAt: at(day), isWhole: true, ...rest };
}

test('the last whole backup is kept, and with it the last that a drill has not failed, and the last that one passed', () => {
  assert.deepEqual(lastGood([]), new Set());
  assert.deepEqual(lastGood([backup('a', 2), backup('b', 1)]), new Set(['a']));
  assert.deepEqual(lastGood([backup('a', 1), backup('b', 2, { isWhole: false })]), new Set(['a']));
  const drilled = [
    backup('passed-before', 1, { drill: 'passed' }),
    backup('passed', 2, { drill: 'passed' }),
    backup('unknown', 3),
    backup('failed', 4, { drill: 'failed' }),
    backup('pending', 5, { isWhole: false }),
  ];
  assert.deepEqual(lastGood(drilled), new Set(['failed', 'unknown', 'passed']));
});

test('backups of a source are looked at in their region, be they images or snapshots', async () => {
  const context = await createTestContext();
  const { catalog } = context;
  const origin = { backup: { sourceId: 'i-1' } };
  const one = await insertImage(context, { ...origin, createdAt: at(1) });
  const other = await insertImage(context, { ...origin, createdAt: at(2) });
  const elsewhere = await insertImage(context, {
    ...origin,
    region: 'eu-west-1',
    createdAt: at(1),
  });
  const none = await insertImage(context, { createdAt: at(3) });
  const byHand = { machine: { instanceId: 'i-2', volumes: [] as never[] } as never };
  const made = await insertImage(context, { ...byHand, createdAt: at(3) });
  const origin2 = { backup: { sourceId: 'i-2', policyId: 'policy-1' } };
  const older = await insertImage(context, { ...origin2, createdAt: at(2) });
  const answers = await catalog.read(async (reader) => {
    const rows = [one, other, elsewhere, none, made, older];
    return Promise.all(rows.map((row) => isLastGood(reader, row)));
  });
  assert.deepEqual(answers, [false, true, true, false, true, false]);
});

test('of a set that may go the sets of its machine are read once, however many volumes it has', async () => {
  await using context = await createTestContext();
  const instanceId = 'i-0123456789abcdef0';
  const volumes = ['vol-a', 'vol-b', 'vol-c', 'vol-d'];
  const taken = volumes.map((volumeId, index) => ({ volumeId, deviceName: `/dev/sd${index}` }));
  const machine = { instanceId, tags: {}, volumes: [] };
  const set = { machine, system: { rootDeviceName: '/dev/sd0' }, taken } as never;
  const sets: SnapshotRow[][] = [];
  for (const day of [1, 2]) {
    const setId = context.ids.resource('snap');
    const rows: SnapshotRow[] = [];
    for (const [index, sourceId] of volumes.entries()) {
      const backup = { sourceId, instanceId, setId };
      const id = index === 0 ? setId : context.ids.resource('snap');
      const about = { id, backup, createdAt: at(day), ...(index === 0 && { set }) };
      rows.push(await insertSnapshot(context, about));
    }
    sets.push(rows);
  }
  const [older = [], newer = []] = sets;
  let looks = 0;
  const held = (rows: SnapshotRow[]) =>
    context.catalog.read((reader) => {
      looks = 0;
      const listKeys: typeof reader.snapshots.listKeys = (index, range) => {
        if (range.prefix.startsWith(besides)) looks++;
        return reader.snapshots.listKeys(index, range);
      };
      const list: typeof reader.snapshots.list = (query) => reader.snapshots.list(query);
      const snapshots = Object.assign(Object.create(reader.snapshots), { listKeys, list });
      return lastGoodAmong(Object.create(reader, { snapshots: { value: snapshots } }), rows);
    });
  assert.equal(await held(older), undefined);
  assert.equal(looks, 1);
  assert.equal((await held(newer.slice(2)))?.id, newer[2]?.id);
});
