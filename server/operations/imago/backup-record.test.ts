/** What one Imago tells another of a backup: what is taken, and what is refused and changes nothing. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { BackupRecord } from '../../domain/backups/backup-record.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { createSnapshots } from '../ec2/snapshots/CreateSnapshots.ts';
import { endCaptures } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { getBackupRecord } from './GetBackupRecord.ts';
import { putBackupRecord } from './PutBackupRecord.ts';

let context: TestContext;
let instanceId: string;
beforeEach(async () => {
  context = await createTestContext();
  const tags = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: 'web-1' }] }];
  const more = { UserData: Buffer.from('x').toString('base64'), TagSpecifications: tags };
  instanceId = (await insertRunningInstance(context, await insertProviderImage(context), more)).id;
});
afterEach(() => context[Symbol.asyncDispose]());

async function takenImage(Name = 'first'): Promise<string> {
  const { ImageId = '' } = await createImage.run({ InstanceId: instanceId, Name }, context);
  await endCaptures(context);
  return ImageId;
}

const recordOf = async (id: string): Promise<BackupRecord> =>
  JSON.parse((await getBackupRecord.run({ BackupId: id }, context)).Record);
const put = (BackupId: string, record: unknown) =>
  putBackupRecord.run({ BackupId, Record: JSON.stringify(record) }, context);
const imageRow = (id: string) => context.catalog.read(({ images }) => images.get(id));

test('what came as blocks is told once what it is; the same again is nothing', async () => {
  const record = await recordOf(await takenImage());
  const { id } = await insertImage(context);
  await put(id, record);
  const row = await imageRow(id);
  assert.deepEqual(
    [row?.machine?.instanceId, row?.machine?.tags, row?.backup?.sourceId],
    [instanceId, { Name: 'web-1' }, instanceId],
  );
  assert.deepEqual(await recordOf(id), record);
  await put(id, record);
  assert.deepEqual(await imageRow(id), row);
  const other = { ...record, backup: { ...record.backup, sourceId: 'vol-1' } };
  await assert.rejects(put(id, other), { code: 'IncorrectState' });
  await assert.rejects(put(await takenImage('other'), record), { code: 'IncorrectState' });
});

test('a backup of a clock that is ahead was taken before it came', async () => {
  const { id, createdAt } = await insertImage(context);
  await put(id, { backup: { sourceId: 'i-1', takenAt: '2099-01-01T00:00:00Z' } });
  assert.equal((await imageRow(id))?.backup?.takenAt, createdAt);
});

test('whatever else it says is refused', async () => {
  const { machine, ...rest } = await recordOf(await takenImage());
  const { Snapshots } = await createSnapshots.run(
    { InstanceSpecification: { InstanceId: instanceId } },
    context,
  );
  await endCaptures(context);
  const { set } = await recordOf(Snapshots?.[0]?.SnapshotId ?? '');
  assert.ok(machine && set);
  const { id } = await insertImage(context);
  const [volume] = machine.volumes;
  const code = 'InvalidParameterValue';
  const wrong: [unknown, object][] = [
    [[], { code, message: /no object/ }],
    [{ colour: 'red' }, { code, message: /not known: colour/ }],
    [
      { ...rest, set },
      { code, message: /another kind/ },
    ],
    [{ backup: { sourceId: 'ami-1' } }, { code, message: /backup.sourceId/ }],
    [{ backup: { sourceId: 'i-1', policyId: 'policy-1' } }, { code, message: /policyId/ }],
    [{ machine: { ...machine, instanceType: 7 } }, { code }],
    [{ machine: { ...machine, userData: 'A'.repeat(30_000) } }, { code, message: /16384/ }],
    [{ machine: { ...machine, tags: { 'aws:x': '1' } } }, { code, message: /reserved/ }],
    [{ machine: { ...machine, tags: JSON.parse('{"__proto__":"1"}') } }, { message: /tag key/ }],
    [{ machine: { ...machine, volumes: [{ ...volume, sizeGiB: 0.5 }] } }, { code }],
    [{ machine: { ...machine, volumes: [{ ...volume, volumeType: 'tape' }] } }, {}],
    [{ machine: { ...machine, volumes: [{ ...volume, deviceName: '../x' }] } }, { code }],
    [{ machine: { ...machine, volumes: Array(65).fill(volume) } }, { code }],
    [{ machine: { ...machine, privateKey: 'x' } }, { code, message: /privateKey/ }],
  ];
  for (const [record, error] of wrong) {
    await assert.rejects(put(id, record), { name: 'ServiceError', ...error });
  }
  assert.equal((await imageRow(id))?.machine, undefined);
  await assert.rejects(putBackupRecord.run({ BackupId: id, Record: '{' }, context), { code });
  const snapshot = await insertSnapshot(context);
  const twice = { set: { ...set, taken: [set.taken[0], set.taken[0]] } };
  await assert.rejects(put(snapshot.id, twice), { code, message: /device twice/ });
  const system = { ...set.system, bootMode: 'uefi', uefiData: 'AAAA' };
  await assert.rejects(put(snapshot.id, { set: { ...set, system } }), {
    code,
    message: /UefiData/,
  });
});
