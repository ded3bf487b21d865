/** Orders of imports: what is refused at once, and what is written. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type {
  ImportImageRequest,
  ImportSnapshotRequest,
} from '../../../../api/generated/ec2-types.ts';
import { offerFile } from '../../imago/OfferFile.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { createTags } from '../tags/CreateTags.ts';
import { describeTags } from '../tags/DescribeTags.ts';
import { cancelImportTask } from './CancelImportTask.ts';
import { describeImportImageTasks } from './DescribeImportImageTasks.ts';
import { describeImportSnapshotTasks } from './DescribeImportSnapshotTasks.ts';
import { importImage } from './ImportImage.ts';
import { importSnapshot } from './ImportSnapshot.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const client = { Format: 'raw', Url: 'client://disk.raw' };

async function ordered(request: ImportSnapshotRequest = {}): Promise<string> {
  const { ImportTaskId: id = '' } = await importSnapshot.run(
    { DiskContainer: client, ...request },
    context,
  );
  return id;
}

describe('an import', () => {
  test('is answered, listed, found by its state and tags, and tagged later', async () => {
    const ClientData = { Comment: 'by hand', UploadSize: 1, UploadStart: context.now };
    const TagSpecifications = [
      { ResourceType: 'import-snapshot-task', Tags: [{ Key: 'why', Value: 'move' }] },
    ] as ImportSnapshotRequest['TagSpecifications'];
    const id = await ordered({ Description: 'mine', ClientData, TagSpecifications });
    assert.match(id, /^import-snap-0[0-9a-f]{16}$/);
    const row = await context.catalog.read((reader) => reader.importSnapshotTasks.get(id));
    const uploadStart = context.now.toISOString();
    assert.deepEqual(row?.clientData, { comment: 'by hand', uploadSize: 1, uploadStart });
    await createTags.run({ Resources: [id], Tags: [{ Key: 'a', Value: 'b' }] }, context);
    const list = async (Filters = [] as { Name: string; Values: string[] }[]) =>
      (await describeImportSnapshotTasks.run({ Filters }, context)).ImportSnapshotTasks ?? [];
    const [shown] = await list();
    assert.deepEqual(shown?.SnapshotTaskDetail, {
      Description: undefined,
      DiskImageSize: undefined,
      Encrypted: false,
      Format: 'RAW',
      KmsKeyId: undefined,
      Progress: '0',
      SnapshotId: undefined,
      Status: 'active',
      StatusMessage: 'pending',
      Url: client.Url,
    });
    assert.equal(shown?.Description, 'mine');
    assert.equal((await list([{ Name: 'task-state', Values: ['active'] }])).length, 1);
    assert.equal((await list([{ Name: 'task-state', Values: ['completed'] }])).length, 0);
    assert.equal((await list([{ Name: 'tag:a', Values: ['b'] }])).length, 1);
    const { Tags = [] } = await describeTags.run({}, context);
    assert.deepEqual(
      Tags.map(({ ResourceType, Key }) => [ResourceType, Key]),
      [
        ['import-snapshot-task', 'a'],
        ['import-snapshot-task', 'why'],
      ],
    );
  });

  for (const [what, DiskContainer, code] of [
    ['no format', { Url: client.Url }, 'MissingParameter'],
    ['a format that is none', { ...client, Format: 'iso' }, 'InvalidParameter'],
    ['no place', { Format: 'RAW' }, 'InvalidParameter'],
    [
      'two places',
      { ...client, UserBucket: { S3Bucket: 'disks', S3Key: 'a' } },
      'InvalidParameter',
    ],
    ['half a bucket', { Format: 'RAW', UserBucket: { S3Bucket: 'disks' } }, 'InvalidParameter'],
    ['a bucket of S3', { Format: 'RAW', Url: 's3://other/disk.raw' }, 'InvalidParameter'],
    ['a file of the host', { Format: 'RAW', Url: 'file:///etc/passwd' }, 'InvalidParameter'],
    ['an address beside', { Format: 'RAW', Url: 'https://other.example/a' }, 'InvalidParameter'],
    ['a user', { Format: 'RAW', Url: 'https://a@disks.example/a' }, 'InvalidParameter'],
    ['another port', { Format: 'RAW', Url: 'https://disks.example:1/a' }, 'InvalidParameter'],
  ] as const) {
    test(`with ${what} is refused`, async () => {
      await assert.rejects(ordered({ DiskContainer }), { code });
    });
  }

  test('of an allowed address or folder is taken', async () => {
    await ordered({ DiskContainer: { Format: 'vhd', Url: 'https://disks.example/a/b.vhd' } });
    await ordered({ DiskContainer: { Format: 'VHDX', Url: 's3://disks/a/b.vhdx' } });
  });

  test('that nobody has ordered is not known, by EC2’s own code', async () => {
    const ImportTaskId = 'import-snap-0fedcba9876543210';
    const code = 'InvalidConversionTaskId';
    await assert.rejects(cancelImportTask.run({ ImportTaskId }, context), { code });
    await assert.rejects(
      describeImportImageTasks.run({ ImportTaskIds: ['import-ami-x'] }, context),
      { code: 'InvalidConversionTaskId.Malformed' },
    );
  });

  test('of an image is refused what EC2 refuses', async () => {
    for (const [request, code] of [
      [{}, 'MissingParameter'],
      [{ DiskContainers: [client], BootMode: 'uefi-preferred' }, 'InvalidParameterValue'],
      [{ DiskContainers: [client], Platform: 'BSD' }, 'InvalidParameterValue'],
      [{ DiskContainers: [{ ...client, DeviceName: '/dev/null' }] }, 'InvalidBlockDeviceMapping'],
      [{ DiskContainers: [{ ...client, SnapshotId: 'snap-1' }] }, 'InvalidParameter'],
    ] as [ImportImageRequest, string][]) {
      await assert.rejects(importImage.run(request, context), { code });
    }
  });
});

describe('a client that offers a file', () => {
  test('is let in where the import asks for it, as long as it does', async () => {
    const id = await ordered();
    const offer = (Url: string) => offerFile.run({ ImportTaskId: id, Url }, context);
    (await offer(client.Url)).destroy();
    await assert.rejects(offer('client://other'), { code: 'InvalidParameterValue' });
    await cancelImportTask.run({ ImportTaskId: id }, context);
    await assert.rejects(offer(client.Url), { code: 'IncorrectState' });
    const ofFolder = await ordered({ DiskContainer: { Format: 'RAW', Url: 's3://disks/a' } });
    await assert.rejects(offerFile.run({ ImportTaskId: ofFolder, Url: 's3://disks/a' }, context), {
      code: 'InvalidParameterValue',
    });
  });
});
