/** What is said once of when a source is well: kept, answered, and asked of its backups. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { PutDrillChecksRequest } from '../../../api/imago-drill-checks.ts';
import type { StartDrillRequest } from '../../../api/imago-drills.ts';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import { concludeDrill } from '../../domain/drills/drills.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { deleteDrillChecks } from './DeleteDrillChecks.ts';
import { describeDrillChecks } from './DescribeDrillChecks.ts';
import { describeDrills } from './DescribeDrills.ts';
import { putDrillChecks } from './PutDrillChecks.ts';
import { startDrill } from './StartDrill.ts';

const SourceId = 'i-0123456789abcdef0';
const volumeId = 'vol-0123456789abcdef0';
const looks = {
  InstanceType: 't3.small',
  ConsoleText: 'login:',
  BootTimeoutSeconds: 300,
  Checks: [
    { Name: 'ssh', Port: 22 },
    { Query: 'SELECT 1', Client: 'psql' as const },
  ],
  Compare: ['/etc/passwd'],
};
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

/** What the drill that is ordered is to do, and whose backup it says that it tries. */
async function planOf(asked: StartDrillRequest, place: OperationContext = context) {
  const { DrillId } = await startDrill.run(asked, place);
  const row = await place.catalog.read(({ drills }) => drills.get(DrillId));
  const [told] = (await describeDrills.run({ DrillIds: [DrillId] }, place)).Drills;
  assert.equal(told?.SourceId, row?.sourceId);
  assert.equal(told?.Checks, (row?.plan.checks.length ?? 0) + (row?.plan.compare?.length ?? 0));
  const { checks = [], ...rest } = row?.plan ?? {};
  return { sourceId: row?.sourceId, names: checks.map(({ name }) => name), ...rest };
}

test('it is said, said anew, answered as it was said, and taken back', async () => {
  await putDrillChecks.run({ SourceId, Checks: [{ Port: 80 }], ConsoleText: 'x' }, context);
  const { DrillChecks: said } = await putDrillChecks.run({ SourceId, ...looks }, context);
  assert.deepEqual(said, { SourceId, ...looks, PutTime: context.now });
  await putDrillChecks.run({ SourceId: volumeId, Checks: [{ File: '/orders' }] }, context);
  const all = (await describeDrillChecks.run({}, context)).DrillChecks;
  assert.deepEqual(
    all.map((each) => each.SourceId),
    [SourceId, volumeId],
  );
  const [one] = (await describeDrillChecks.run({ SourceId }, context)).DrillChecks;
  assert.deepEqual(one, said);
  await deleteDrillChecks.run({ SourceId }, context);
  for (const operation of [describeDrillChecks, deleteDrillChecks]) {
    await assert.rejects(async () => operation.run({ SourceId }, context), {
      code: 'ResourceNotFoundException',
    });
  }
});

test('what no drill could do, or of no source, is refused and changes nothing', async () => {
  await putDrillChecks.run({ SourceId, ...looks }, context);
  const refused: [string, PutDrillChecksRequest][] = [
    ['InvalidParameterValue', { SourceId, Checks: [{ Port: 0 }] }],
    ['InvalidParameterValue', { SourceId, InstanceType: 'z9.none' }],
    ['InvalidParameterValue', { SourceId, BootTimeoutSeconds: 0 }],
    ['InvalidParameterValue', { SourceId: 'ami-0123456789abcdef0', ...looks }],
    ['MissingParameter', { SourceId }],
  ];
  for (const [code, asked] of refused) {
    await assert.rejects(async () => putDrillChecks.run(asked, context), { code });
  }
  const [left] = (await describeDrillChecks.run({ SourceId }, context)).DrillChecks;
  assert.deepEqual(left?.Checks, looks.Checks);
});

test('each drill of a backup of the source has it, and what it is asked for besides', async () => {
  await putDrillChecks.run({ SourceId, ...looks }, context);
  const backup = { sourceId: SourceId };
  const { id: ImageId } = await insertImage(context, { backup });
  assert.deepEqual(await planOf({ ImageId }), {
    sourceId: SourceId,
    names: ['ssh', 'query SELECT 1'],
    instanceType: 't3.small',
    consoleText: 'login:',
    bootTimeoutSeconds: 300,
    compare: ['/etc/passwd'],
  });
  const asked = {
    ...{ ImageId, InstanceType: 't3.nano', BootTimeoutSeconds: 60 },
    ...{ Checks: [{ Command: 'df' }], Compare: ['/etc/passwd', '/etc/group'] },
  };
  assert.deepEqual(await planOf(asked), {
    sourceId: SourceId,
    names: ['ssh', 'query SELECT 1', 'command df'],
    instanceType: 't3.nano',
    consoleText: 'login:',
    bootTimeoutSeconds: 60,
    compare: ['/etc/passwd', '/etc/group'],
  });
  const { id: other } = await insertImage(context, { backup: { sourceId: 'i-0fffffffffffffff0' } });
  assert.deepEqual((await planOf({ ImageId: other })).names, []);
  const { id: plain } = await insertImage(context);
  assert.deepEqual(await planOf({ ImageId: plain }), { sourceId: undefined, names: [] });
});

test('it is of the account alone, and of copies of its backups in other regions', async () => {
  await putDrillChecks.run({ SourceId, Checks: [{ Port: 22 }] }, context);
  const elsewhere = context.as({ region: 'eu-west-1' });
  const { region } = elsewhere.caller;
  const copy = await insertImage(context, { region, backup: { sourceId: SourceId } });
  assert.deepEqual((await planOf({ ImageId: copy.id }, elsewhere)).names, ['port 22']);
  assert.equal((await describeDrillChecks.run({}, elsewhere)).DrillChecks.length, 1);

  const stranger = context.as({ account: '210987654321' });
  assert.deepEqual((await describeDrillChecks.run({}, stranger)).DrillChecks, []);
  await putDrillChecks.run({ SourceId, Checks: [{ Port: 80 }] }, stranger);
  const shared = await insertImage(context, {
    ...{ backup: { sourceId: SourceId }, launchPermissions: ['210987654321'] },
  });
  assert.deepEqual(await planOf({ ImageId: shared.id }, stranger), {
    sourceId: undefined,
    names: [],
  });
  assert.deepEqual((await planOf({ ImageId: shared.id })).names, ['port 22']);
});

test('drills are found by the source, of which a snapshot is of its volume', async () => {
  await putDrillChecks.run({ SourceId: volumeId, Checks: [{ File: '/orders' }] }, context);
  const { id: SnapshotId } = await insertSnapshot(context, { backup: { sourceId: volumeId } });
  assert.deepEqual(await planOf({ SnapshotId }), { sourceId: volumeId, names: ['file /orders'] });
  const { id: ImageId } = await insertImage(context, { backup: { sourceId: SourceId } });
  await startDrill.run({ ImageId }, context);
  const of = async (...SourceIds: string[]) =>
    (await describeDrills.run({ SourceIds }, context)).Drills.map((each) => each.SourceId);
  assert.deepEqual(await of(SourceId), [SourceId]);
  assert.deepEqual((await of(SourceId, volumeId)).sort(), [SourceId, volumeId]);
  assert.deepEqual(await of('i-0fffffffffffffff0'), []);
});

test('of a source so many drills are kept as there are nights in a year, and each last verdict', async () => {
  const ids: string[] = [];
  for (let made = 0; made < 3; made++) {
    ids.push((await insertImage(context, { backup: { sourceId: SourceId } })).id);
  }
  const [first = '', other = '', last = ''] = ids;
  const { DrillId } = await startDrill.run({ ImageId: last }, context);
  const { catalog, now } = context;
  const row = await catalog.read(({ drills }) => drills.get(DrillId));
  assert.ok(row);
  const night = (index: number) => new Date(now.getTime() - index * 86_400_000).toISOString();
  const older = Array.from({ length: 370 }, (_, index): DrillRow => {
    const id = `drill-f${String(index).padStart(16, '0')}`;
    const imageId = index === 369 ? first : other;
    return { ...row, id, imageId, createdAt: night(index + 1), state: 'passed' };
  });
  const end = { state: 'passed' as const, endedAt: now.toISOString() };
  await catalog.write(async (transaction) => {
    const { drills, images } = transaction;
    for (const each of older) await drills.insert(each);
    const verdict = {
      drillId: older[369]?.id ?? '',
      endedAt: night(370),
      verdict: 'passed' as const,
    };
    const image = await images.get(first);
    if (image) await images.update({ ...image, lastDrill: verdict });
    await concludeDrill(transaction, DrillId, end);
  });
  const left = await catalog.read(({ drills }) => drills.list({ where: { sourceId: SourceId } }));
  const kept = [DrillId, ...older.slice(0, 365).map(({ id }) => id), older[369]?.id];
  assert.deepEqual(left.map(({ id }) => id).sort(), kept.sort());
});
