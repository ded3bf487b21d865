import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { CopyVolumesRequest } from '../../../../api/generated/ec2-types.ts';
import { createKey } from '../../kms/CreateKey.ts';
import { disableKey } from '../../kms/DisableKey.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../test-instances.ts';
import { describeSnapshots } from '../snapshots/DescribeSnapshots.ts';
import { copyVolumes } from './CopyVolumes.ts';
import { createVolume } from './CreateVolume.ts';
import { deleteVolume } from './DeleteVolume.ts';
import { describeVolumes } from './DescribeVolumes.ts';
import { enableEbsEncryptionByDefault } from './EnableEbsEncryptionByDefault.ts';

let context: TestContext;
let source: string;
beforeEach(async () => {
  context = await createTestContext();
  const instance = await insertRunningInstance(context, await insertImage(context));
  [source = ''] = await attachedVolumeIds(context, instance.id);
});
afterEach(() => context[Symbol.asyncDispose]());

async function copy(request: Partial<CopyVolumesRequest> = {}) {
  const made = await copyVolumes.run({ SourceVolumeId: source, ...request }, context);
  return made.Volumes?.[0] ?? {};
}

test('a copy is being made in the zone of its source, of EC2’s default type', async () => {
  const Tags = [{ Key: 'Name', Value: 'copy' }];
  const made = await copy({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
  assert.deepEqual(
    [made.State, made.Size, made.VolumeType, made.SourceVolumeId, made.Tags],
    ['creating', 8, 'gp2', source, Tags],
  );
  assert.equal(made.AvailabilityZone, 'us-east-1a');
  const other = await copy({ Size: 10, VolumeType: 'gp3', Iops: 4000, Throughput: 250 });
  assert.deepEqual([other.Size, other.Iops, other.Throughput], [10, 4000, 250]);
  const { Snapshots } = await describeSnapshots.run({ OwnerIds: ['self'] }, context);
  assert.deepEqual(
    Snapshots?.filter(({ VolumeId }) => VolumeId === source),
    [],
    'its cut is shown to nobody',
  );
});

test('a token makes one copy', async () => {
  const request = { ClientToken: 'once' };
  assert.deepEqual(await copy(request), await copy(request));
  await assert.rejects(copy({ ...request, Size: 9 }), { code: 'IdempotentParameterMismatch' });
  const { Volumes = [] } = await describeVolumes.run({}, context);
  assert.equal(Volumes.filter(({ SourceVolumeId }) => SourceVolumeId).length, 1);
});

test('a copy is encrypted as it is asked to be, as its source is, or by default', async () => {
  const newKey = async () => (await createKey.run({}, context)).KeyMetadata;
  const [one, other] = [await newKey(), await newKey()];
  const plain = await copy();
  assert.deepEqual([plain.Encrypted, plain.KmsKeyId], [false, undefined]);
  const under = await copy({ Encrypted: true, KmsKeyId: one?.KeyId });
  assert.deepEqual([under.Encrypted, under.KmsKeyId], [true, one?.Arn]);
  assert.equal((await copy({ Encrypted: true })).Encrypted, true);

  const zone = { Size: 1, AvailabilityZone: 'us-east-1a' };
  const request = { ...zone, Encrypted: true, KmsKeyId: one?.KeyId };
  const { VolumeId: SourceVolumeId } = await createVolume.run(request, context);
  // EC2: of what is encrypted always, whatever the request says.
  for (const asked of [{}, { Encrypted: false }, { Encrypted: true }]) {
    const same = await copy({ SourceVolumeId, ...asked });
    assert.deepEqual([same.Encrypted, same.KmsKeyId], [true, one?.Arn]);
  }
  const anew = await copy({ SourceVolumeId, Encrypted: true, KmsKeyId: other?.Arn });
  assert.equal(anew.KmsKeyId, other?.Arn);

  await enableEbsEncryptionByDefault.run({}, context);
  assert.equal((await copy()).Encrypted, true);
  assert.equal((await copy({ Encrypted: false })).Encrypted, true);
  await disableKey.run({ KeyId: one?.KeyId ?? '' }, context);
  await assert.rejects(copy({ SourceVolumeId }), { code: 'InvalidKMSKey.InvalidState' });
});

test('what EC2 refuses', async () => {
  const { VolumeId: making = '' } = await copy();
  const refused: [Partial<CopyVolumesRequest>, string][] = [
    [{ Size: 7 }, 'InvalidParameterValue'],
    [{ KmsKeyId: 'alias/none' }, 'InvalidParameterDependency'],
    [{ Encrypted: true, KmsKeyId: 'alias/none' }, 'InvalidKMSKey.NotFound'],
    [{ VolumeType: 'io1' }, 'MissingParameter'],
    [{ VolumeType: 'gp2', Iops: 100 }, 'InvalidParameterCombination'],
    [{ SourceVolumeId: making }, 'IncorrectState'],
    [{ SourceVolumeId: 'vol-0fedcba9876543210' }, 'InvalidVolume.NotFound'],
  ];
  for (const [request, code] of refused) {
    await assert.rejects(copy(request), { code }, JSON.stringify(request));
  }
  await assert.rejects(deleteVolume.run({ VolumeId: making }, context), {
    code: 'IncorrectState',
  });
  const AvailabilityZone = 'us-east-1a';
  const made = await createVolume.run({ Size: 1, AvailabilityZone }, context);
  assert.equal((await copy({ SourceVolumeId: made.VolumeId })).State, 'creating');
});
