/** Encrypted disks come from files and go into them: never plain on the way, nor where they are kept. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { LaunchPermission } from '../../api/generated/ec2-types.ts';
import type { BlockStore } from '../blocks/block-store.ts';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { createInstanceExportTask } from '../operations/ec2/exports/CreateInstanceExportTask.ts';
import { createRestoreImageTask } from '../operations/ec2/exports/CreateRestoreImageTask.ts';
import { createStoreImageTask } from '../operations/ec2/exports/CreateStoreImageTask.ts';
import { exportImage } from '../operations/ec2/exports/ExportImage.ts';
import { copyImage } from '../operations/ec2/images/CopyImage.ts';
import { modifyImageAttribute } from '../operations/ec2/images/ModifyImageAttribute.ts';
import { describeImportImageTasks } from '../operations/ec2/imports/DescribeImportImageTasks.ts';
import { importImage } from '../operations/ec2/imports/ImportImage.ts';
import { importSnapshot } from '../operations/ec2/imports/ImportSnapshot.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { modifySnapshotAttribute } from '../operations/ec2/snapshots/ModifySnapshotAttribute.ts';
import { enableEbsEncryptionByDefault } from '../operations/ec2/volumes/EnableEbsEncryptionByDefault.ts';
import { createKey } from '../operations/kms/CreateKey.ts';
import { disableKey } from '../operations/kms/DisableKey.ts';
import { DiskFiles, linuxPartitionBytes } from './test-disk-files.ts';
import { TestImago } from './test-imago.ts';

const Bucket = 'disks';
const mib = 1024 ** 2;
const mark = Buffer.alloc(4096, 'marked');
const of = (S3Key: string) => ({ Format: 'RAW', UserBucket: { S3Bucket: Bucket, S3Key } });

async function newKey(imago: TestImago): Promise<string> {
  return (await imago.call(createKey, {})).KeyMetadata?.Arn ?? '';
}

async function assertSealed(store: BlockStore): Promise<void> {
  for await (const { digest } of store.list()) {
    assert.equal((await store.get(digest)).includes(mark.subarray(0, 64)), false);
  }
}

const snapshotRow = (imago: TestImago, id = '') =>
  imago.catalog.read(({ snapshots }) => snapshots.get(id));

async function defaultKeyId(imago: TestImago): Promise<string | undefined> {
  const keys = await imago.catalog.read(({ kmsKeys }) => kmsKeys.list({}));
  return keys.find(({ manager }) => manager === 'AWS')?.id;
}

/** A disk with a system, and the mark behind it. */
function linuxDisk(files: DiskFiles): Buffer {
  files.linux('disk.raw');
  const bytes = readFileSync(files.path('disk.raw'));
  mark.copy(bytes, linuxPartitionBytes + mib);
  files.write('disk.raw', bytes);
  return bytes;
}

test('a disk file becomes an encrypted image where it is asked to, and by default', async () => {
  using files = new DiskFiles();
  linuxDisk(files);
  await using imago = await TestImago.start({ filePlaces: files.places });
  const KmsKeyId = await newKey(imago);
  const request = { DiskContainers: [of('disk.raw')], Encrypted: true, KmsKeyId };
  const ordered = await imago.call(importImage, request);
  assert.deepEqual([ordered.Encrypted, ordered.KmsKeyId], [true, KmsKeyId]);
  await imago.untilQuiet();
  const ImportTaskIds = [ordered.ImportTaskId ?? ''];
  const { ImportImageTasks: [task] = [] } = await imago.call(describeImportImageTasks, {
    ImportTaskIds,
  });
  assert.deepEqual(
    [task?.Status, task?.StatusMessage, task?.Encrypted],
    ['completed', undefined, true],
  );
  const image = await imago.catalog.read(({ images }) => images.get(task?.ImageId ?? ''));
  assert.equal(image?.blockDeviceMappings[0]?.ebs.encrypted, true);
  const [SnapshotId = ''] = image ? snapshotIdsOf(image) : [];
  assert.equal(await imago.readSnapshot(SnapshotId, linuxPartitionBytes + mib), mark[0]);
  await imago.call(enableEbsEncryptionByDefault, {});
  const usual = await imago.call(importSnapshot, { DiskContainer: of('disk.raw') });
  assert.equal(usual.SnapshotTaskDetail?.Encrypted, true);
  await imago.untilQuiet();
  await assertSealed(imago.blocks);
  // A part that is there already: an encrypted one, or none.
  const { id: plain } = await imago.image();
  const [plainSnapshot = ''] = snapshotIdsOf(
    (await imago.catalog.read(({ images }) => images.get(plain))) ?? assert.fail(),
  );
  const parts = (second: string) =>
    imago.call(importImage, { DiskContainers: [of('disk.raw'), { SnapshotId: second }] });
  await assert.rejects(parts(plainSnapshot), { code: 'InvalidParameterValue' });
  await parts(SnapshotId);
  await imago.untilQuiet();
  await assert.rejects(imago.call(importSnapshot, { DiskContainer: of('disk.raw'), KmsKeyId }), {
    code: 'InvalidParameterDependency',
  });
});

test('an encrypted image is stored sealed, and restored under the default key of who may use its own', async () => {
  using files = new DiskFiles();
  linuxDisk(files);
  await using imago = await TestImago.start({ filePlaces: files.places });
  const KmsKeyId = await newKey(imago);
  const request = { DiskContainers: [of('disk.raw')], Encrypted: true, KmsKeyId };
  await imago.call(importImage, request);
  await imago.untilQuiet();
  const [image] = await imago.catalog.read(({ images }) =>
    images.list({ where: { account: imago.caller.account } }),
  );
  const { ObjectKey = '' } = await imago.call(createStoreImageTask, {
    ImageId: image?.id ?? '',
    Bucket,
  });
  await imago.untilQuiet();
  const file = readFileSync(files.path(ObjectKey));
  assert.deepEqual([file.readUInt32BE(8), file.includes(mark.subarray(0, 64))], [2, false]);
  const restore = async (Name: string, region?: string) => {
    const order = { Bucket, ObjectKey, Name };
    const { ImageId = '' } = await imago.call(createRestoreImageTask, order, region);
    await imago.untilQuiet();
    const made = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(made?.state, 'available', made?.stateReason?.message);
    assert.equal(made.blockDeviceMappings[0]?.ebs.encrypted, true);
    const [id = ''] = snapshotIdsOf(made);
    assert.equal(await imago.readSnapshot(id, linuxPartitionBytes + mib), mark[0]);
    return snapshotRow(imago, id);
  };
  const restored = await restore('again');
  assert.equal(restored?.encryption?.keyId, await defaultKeyId(imago));
  const abroad = await restore('abroad', 'eu-west-1');
  assert.notEqual(abroad?.encryption?.keyId, restored?.encryption?.keyId);
  await assertSealed(imago.blocks);
  await assertSealed(imago.blocksElsewhere);
  await imago.call(disableKey, { KeyId: KmsKeyId });
  await assert.rejects(restore('disabled'), { code: 'InvalidKMSKey.InvalidState' });
  // Whose file it is says the file; whose key it is, the key.
  Object.assign(imago.caller, { account: '200000000001' });
  await assert.rejects(restore('stranger'), { code: 'InvalidKMSKey.NotFound' });
});

test('a plain file is restored encrypted where all is, and nothing of it is put as it was', async () => {
  using files = new DiskFiles();
  await using imago = await TestImago.start({ filePlaces: files.places });
  const { account } = imago.caller;
  const { id: ImageId } = await imago.image({ account, launchPermissions: [] }, 7);
  const { ObjectKey = '' } = await imago.call(createStoreImageTask, { ImageId, Bucket });
  await imago.untilQuiet();
  await imago.call(enableEbsEncryptionByDefault, {}, 'eu-west-1');
  const order = { Bucket, ObjectKey, Name: 'sealed' };
  const { ImageId: made = '' } = await imago.call(createRestoreImageTask, order, 'eu-west-1');
  await imago.untilQuiet();
  const image = await imago.catalog.read(({ images }) => images.get(made));
  assert.equal(image?.state, 'available', image?.stateReason?.message);
  const [id = ''] = snapshotIdsOf(image);
  assert.ok((await snapshotRow(imago, id))?.encryption);
  assert.equal(await imago.readSnapshot(id, 0), 7);
  for await (const { digest } of imago.blocksElsewhere.list()) {
    assert.equal((await imago.blocksElsewhere.get(digest)).includes(Buffer.alloc(64, 7)), false);
  }
  // A file that lost a byte since, or whose blocks are others, is told of.
  const bytes = readFileSync(files.path(ObjectKey));
  bytes.writeUInt8((bytes.at(-200) ?? 0) ^ 1, bytes.length - 200);
  files.write('damaged.bin', bytes);
  const damaged = { Bucket, ObjectKey: 'damaged.bin', Name: 'damaged' };
  const { ImageId: failed = '' } = await imago.call(createRestoreImageTask, damaged, 'eu-west-1');
  await imago.untilQuiet();
  const row = await imago.catalog.read(({ images }) => images.get(failed));
  assert.match(row?.stateReason?.message ?? '', /ClientError: .*damaged/);
});

test('what is encrypted is no disk file, and nothing public, by EC2’s own errors', async () => {
  using files = new DiskFiles();
  await using imago = await TestImago.start({ filePlaces: files.places });
  const { account } = imago.caller;
  const { id: SourceImageId } = await imago.image({ account, launchPermissions: [] }, 7);
  const copy = { SourceImageId, SourceRegion: 'us-east-1', Name: 'encrypted', Encrypted: true };
  const { ImageId = '' } = await imago.call(copyImage, { ...copy, KmsKeyId: await newKey(imago) });
  await imago.untilQuiet();
  const image = await imago.catalog.read(({ images }) => images.get(ImageId));
  const [SnapshotId = ''] = image ? snapshotIdsOf(image) : [];
  const location = { S3ExportLocation: { S3Bucket: Bucket }, DiskImageFormat: 'RAW' as const };
  const code = 'NotExportable';
  await assert.rejects(imago.call(exportImage, { ImageId, ...location }), { code });
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const InstanceId = Instances[0]?.InstanceId ?? '';
  await imago.untilState(InstanceId, 'running');
  const ExportToS3Task = { S3Bucket: Bucket, DiskImageFormat: 'VMDK' as const };
  const instance = { InstanceId, TargetEnvironment: 'vmware' as const, ExportToS3Task };
  await assert.rejects(imago.call(createInstanceExportTask, instance), { code });
  const CreateVolumePermission = { Add: [{ Group: 'all' as const }] };
  const publish = imago.call(modifySnapshotAttribute, { SnapshotId, CreateVolumePermission });
  await assert.rejects(publish, { code: 'OperationNotPermitted' });
  const share = (ofImage: string, Add: LaunchPermission[]) =>
    imago.call(modifyImageAttribute, { ImageId: ofImage, LaunchPermission: { Add } });
  const other = [{ UserId: '200000000001' }];
  await assert.rejects(share(ImageId, [{ Group: 'all' }]), { code: 'UnsupportedOperation' });
  await share(ImageId, other);
  const usual = await imago.call(copyImage, { ...copy, Name: 'under the default key' });
  await imago.untilQuiet();
  await assert.rejects(share(usual.ImageId ?? '', other), { code: 'InvalidParameter' });
});
