/** Encryption by default, the default key, and with whom encrypted snapshots are shared. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { startSnapshot } from '../../ebs/StartSnapshot.ts';
import { createGrant } from '../../kms/CreateGrant.ts';
import { createKey } from '../../kms/CreateKey.ts';
import { describeKey } from '../../kms/DescribeKey.ts';
import { disableKey } from '../../kms/DisableKey.ts';
import { revokeGrant } from '../../kms/RevokeGrant.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { registerImage } from '../images/RegisterImage.ts';
import { runInstances } from '../instances/RunInstances.ts';
import { copySnapshot } from '../snapshots/CopySnapshot.ts';
import { describeSnapshots } from '../snapshots/DescribeSnapshots.ts';
import { modifySnapshotAttribute } from '../snapshots/ModifySnapshotAttribute.ts';
import { createVolume } from './CreateVolume.ts';
import { describeVolumes } from './DescribeVolumes.ts';
import { disableEbsEncryptionByDefault } from './DisableEbsEncryptionByDefault.ts';
import { enableEbsEncryptionByDefault } from './EnableEbsEncryptionByDefault.ts';
import { getEbsDefaultKmsKeyId } from './GetEbsDefaultKmsKeyId.ts';
import { getEbsEncryptionByDefault } from './GetEbsEncryptionByDefault.ts';
import { modifyEbsDefaultKmsKeyId } from './ModifyEbsDefaultKmsKeyId.ts';
import { resetEbsDefaultKmsKeyId } from './ResetEbsDefaultKmsKeyId.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const zone = { AvailabilityZone: 'us-east-1a' };

async function newKey(as: OperationContext = context): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await createKey.run({}, as);
  return { id: KeyMetadata?.KeyId ?? '', arn: KeyMetadata?.Arn ?? '' };
}

function encryptedSnapshot(keyId: string, change: Partial<SnapshotRow> = {}) {
  return insertSnapshot(context, { encryption: { keyId }, ...change });
}

test('by default nothing is encrypted; once it is, all that is made is, under the default key', async () => {
  const state = async () =>
    (await getEbsEncryptionByDefault.run({}, context)).EbsEncryptionByDefault;
  assert.equal(await state(), false);
  const before = await createVolume.run({ ...zone, Size: 1 }, context);
  assert.deepEqual([before.Encrypted, before.KmsKeyId], [false, undefined]);
  assert.deepEqual(await enableEbsEncryptionByDefault.run({}, context), {
    EbsEncryptionByDefault: true,
  });
  assert.equal(await state(), true);
  assert.equal((await getEbsDefaultKmsKeyId.run({}, context)).KmsKeyId, 'alias/aws/ebs');
  const made = await createVolume.run({ ...zone, Size: 1 }, context);
  const { KeyMetadata } = await describeKey.run({ KeyId: 'alias/aws/ebs' }, context);
  assert.deepEqual([made.Encrypted, made.KmsKeyId], [true, KeyMetadata?.Arn]);
  const own = await newKey();
  const modified = await modifyEbsDefaultKmsKeyId.run({ KmsKeyId: own.id }, context);
  assert.equal(modified.KmsKeyId, own.arn);
  assert.equal((await getEbsDefaultKmsKeyId.run({}, context)).KmsKeyId, own.arn);
  const image = await insertImage(context);
  await runInstances.run({ ImageId: image.id, MinCount: 1, MaxCount: 1 }, context);
  const { id: SourceSnapshotId } = await insertSnapshot(context);
  const source = { SourceRegion: 'us-east-1', SourceSnapshotId };
  const { SnapshotId = '' } = await copySnapshot.run(source, context);
  const { Snapshots = [] } = (await describeSnapshots.run(
    { SnapshotIds: [SnapshotId] },
    context,
  )) as { Snapshots?: { KmsKeyId?: string }[] };
  assert.equal(Snapshots[0]?.KmsKeyId, own.arn);
  const filter = { Filters: [{ Name: 'encrypted', Values: ['true'] }] };
  const { Volumes = [] } = await describeVolumes.run(filter, context);
  assert.deepEqual(
    Volumes.map((volume) => volume.KmsKeyId).sort(),
    [made.KmsKeyId, own.arn].sort(),
  );
  const begun = await startSnapshot.run({ VolumeSize: 1 }, context);
  assert.equal(begun.KmsKeyArn, own.arn);
  assert.equal((await resetEbsDefaultKmsKeyId.run({}, context)).KmsKeyId, KeyMetadata?.Arn);
  await disableEbsEncryptionByDefault.run({}, context);
  assert.equal(await state(), false);
  assert.equal((await createVolume.run({ ...zone, Size: 1 }, context)).Encrypted, false);
  const elsewhere = context.as({ region: 'eu-west-1' });
  const other = await createVolume.run({ AvailabilityZone: 'eu-west-1a', Size: 1 }, elsewhere);
  assert.equal(other.Encrypted, false);
});

test('a key that is not there, disabled or another’s is refused, and one without Encrypted', async () => {
  const stranger = await newKey(await context.asNewAccount());
  const disabled = await newKey();
  await disableKey.run({ KeyId: disabled.id }, context);
  const cases: [object, string][] = [
    [{ KmsKeyId: 'alias/none' }, 'InvalidKMSKey.NotFound'],
    [{ KmsKeyId: stranger.arn }, 'InvalidKMSKey.NotFound'],
    [{ KmsKeyId: disabled.arn }, 'InvalidKMSKey.InvalidState'],
    [{ KmsKeyId: disabled.arn, Encrypted: false }, 'InvalidParameterDependency'],
  ];
  for (const [more, code] of cases) {
    const made = createVolume.run({ ...zone, Size: 1, Encrypted: true, ...more }, context);
    await assert.rejects(made, { code }, JSON.stringify(more));
  }
  const set = modifyEbsDefaultKmsKeyId.run({ KmsKeyId: disabled.id }, context);
  await assert.rejects(set, { code: 'InvalidKMSKey.InvalidState' });
});

test('an image of encrypted snapshots says so', async () => {
  const { id: SnapshotId } = await encryptedSnapshot((await newKey()).id);
  const { ImageId } = await registerImage.run(
    {
      Name: 'encrypted',
      VirtualizationType: 'hvm',
      Architecture: 'x86_64',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
    },
    context,
  );
  const row = await context.catalog.read(({ images }) => images.get(ImageId ?? ''));
  assert.equal(row?.blockDeviceMappings[0]?.ebs.encrypted, true);
});

test("another account's key is used by its grant, for all that is made, and no longer", async () => {
  const other = await context.asNewAccount();
  const { id, arn } = await newKey(other);
  const GranteePrincipal = context.caller.account;
  const Operations = ['GenerateDataKeyWithoutPlaintext' as const, 'Decrypt' as const];
  const grant = await createGrant.run({ KeyId: id, GranteePrincipal, Operations }, other);
  const encrypted = { Encrypted: true, KmsKeyId: arn };
  const { KmsKeyId } = await createVolume.run({ ...zone, Size: 1, ...encrypted }, context);
  assert.equal(KmsKeyId, arn);
  const { id: SourceSnapshotId } = await insertSnapshot(context);
  const order = { SourceRegion: 'us-east-1', SourceSnapshotId, ...encrypted };
  const { SnapshotId = '' } = await copySnapshot.run(order, context);
  const { Snapshots = [] } = (await describeSnapshots.run(
    { SnapshotIds: [SnapshotId] },
    context,
  )) as { Snapshots?: { KmsKeyId?: string }[] };
  assert.equal(Snapshots[0]?.KmsKeyId, arn);
  await modifyEbsDefaultKmsKeyId.run({ KmsKeyId: arn }, context);
  assert.equal((await getEbsDefaultKmsKeyId.run({}, context)).KmsKeyId, arn);
  const { id: ImageId } = await insertImage(context);
  const launch = (Ebs: object) => {
    const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs }];
    const request = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
    return runInstances.run(request, context);
  };
  await launch(encrypted);
  // By its id it is not one's own.
  const code = 'InvalidKMSKey.NotFound';
  await assert.rejects(launch({ ...encrypted, KmsKeyId: id }), { code });
  await revokeGrant.run({ KeyId: id, GrantId: grant.GrantId ?? '' }, other);
  await assert.rejects(launch(encrypted), { code });
  await assert.rejects(launch({ Encrypted: true }), { code });
  await assert.rejects(copySnapshot.run(order, context), { code });
  await assert.rejects(createVolume.run({ ...zone, Size: 1, Encrypted: true }, context), { code });
});

test('under the default key a snapshot is not shared, under an own one with a grant of it', async () => {
  const other = await context.asNewAccount();
  const { account } = other.caller;
  const share = (SnapshotId: string, more: object) =>
    modifySnapshotAttribute.run({ SnapshotId, CreateVolumePermission: { Add: [more] } }, context);
  const { KeyMetadata } = await describeKey.run({ KeyId: 'alias/aws/ebs' }, context);
  const ofDefault = await encryptedSnapshot(KeyMetadata?.KeyId ?? '');
  const refused = share(ofDefault.id, { UserId: account });
  await assert.rejects(refused, { code: 'OperationNotPermitted', message: /default key/ });
  const key = await newKey();
  const shared = await encryptedSnapshot(key.id);
  await assert.rejects(share(shared.id, { Group: 'all' }), { code: 'OperationNotPermitted' });
  await share(shared.id, { UserId: account });
  const use = () => createVolume.run({ ...zone, SnapshotId: shared.id }, other);
  await assert.rejects(use(), { code: 'InvalidKMSKey.NotFound' });
  const source = { SourceRegion: 'us-east-1', SourceSnapshotId: shared.id };
  await assert.rejects(copySnapshot.run(source, other), { code: 'InvalidKMSKey.NotFound' });
  const Operations = ['Decrypt', 'DescribeKey'];
  const grant = { KeyId: key.id, GranteePrincipal: account, Operations };
  const { GrantId = '' } = await createGrant.run(grant, context);
  const made = await use();
  const theirs = await describeKey.run({ KeyId: 'alias/aws/ebs' }, other);
  assert.deepEqual([made.Encrypted, made.KmsKeyId], [true, theirs.KeyMetadata?.Arn]);
  // It is opened by their key alone from then on.
  const row = await context.catalog.read(({ volumes }) => volumes.get(made.VolumeId ?? ''));
  assert.equal(row?.base?.encryption?.keyId, theirs.KeyMetadata?.KeyId);
  assert.notEqual(row?.base?.encryption?.dataKey, undefined);
  await copySnapshot.run(source, other);
  await revokeGrant.run({ KeyId: key.id, GrantId }, context);
  await assert.rejects(use(), { code: 'InvalidKMSKey.NotFound' });
});
