/** Restore jobs: what they make, with which metadata, and what they say of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleRestores } from '../../../domain/backups/restore-jobs.ts';
import { describeVpcs } from '../../ec2/networks/DescribeVpcs.ts';
import { createTags } from '../../ec2/tags/CreateTags.ts';
import { enableEbsEncryptionByDefault } from '../../ec2/volumes/EnableEbsEncryptionByDefault.ts';
import { makeJob, makeMachine, makePoint, makeVault, makeVolumeArn } from '../../test-backups.ts';
import { createTestContext } from '../../test-context.ts';
import { moveInstance } from '../../test-instances.ts';
import { describeRecoveryPoint } from '../points/DescribeRecoveryPoint.ts';
import { listTags } from '../tags/ListTags.ts';
import { tagResource } from '../tags/TagResource.ts';
import { untagResource } from '../tags/UntagResource.ts';
import { describeRestoreJob } from './DescribeRestoreJob.ts';
import { getRecoveryPointRestoreMetadata } from './GetRecoveryPointRestoreMetadata.ts';
import { getRestoreJobMetadata } from './GetRestoreJobMetadata.ts';
import { listRestoreJobs } from './ListRestoreJobs.ts';
import { startRestoreJob } from './StartRestoreJob.ts';

const BackupVaultName = 'Default';
const idOf = (arn = '') => arn.slice(arn.lastIndexOf('/') + 1);

test('a machine is restored as it was, but for what the metadata says', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  const source = await moveInstance(context, idOf(ResourceArn), {});
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn });
  const asked = { BackupVaultName, RecoveryPointArn };
  const { RestoreMetadata = {}, ResourceType } = await getRecoveryPointRestoreMetadata.run(
    asked,
    context,
  );
  assert.equal(ResourceType, 'EC2');
  assert.equal(RestoreMetadata.InstanceType, source.instanceType);
  const Metadata = {
    ...RestoreMetadata,
    DisableApiTermination: 'true',
    'aws:backup:request-id': 'r',
  };
  const call = { RecoveryPointArn, Metadata, IdempotencyToken: 'once' };
  const { RestoreJobId = '' } = await startRestoreJob.run(call, context);
  assert.equal((await startRestoreJob.run(call, context)).RestoreJobId, RestoreJobId);
  const job = await describeRestoreJob.run({ RestoreJobId }, context);
  assert.deepEqual([job.Status, job.SourceResourceArn], ['RUNNING', ResourceArn]);
  const id = idOf(job.CreatedResourceArn);
  const made = await moveInstance(context, id, {});
  assert.equal(made.instanceType, source.instanceType);
  assert.equal(made.subnetId, source.subnetId);
  assert.equal(made.disableApiTermination, true);
  assert.deepEqual(await getRestoreJobMetadata.run({ RestoreJobId }, context), {
    RestoreJobId,
    Metadata,
  });
  await moveInstance(context, id, { state: 'running' });
  assert.equal((await describeRestoreJob.run({ RestoreJobId }, context)).Status, 'COMPLETED');
  await settleRestores(context.catalog, context.now);
  await moveInstance(context, id, { state: 'terminated' });
  const { RestoreJobs: [listed] = [] } = await listRestoreJobs.run(
    { ByStatus: 'COMPLETED' },
    context,
  );
  assert.equal(listed?.RestoreJobId, RestoreJobId);
  const point = await describeRecoveryPoint.run(asked, context);
  assert.deepEqual(point.LastRestoreTime, context.now);
});

test('a machine that cannot be started is a restore that failed', async () => {
  await using context = await createTestContext();
  const { RecoveryPointArn } = await makePoint(context);
  const { RestoreJobId = '' } = await startRestoreJob.run(
    { RecoveryPointArn, Metadata: {} },
    context,
  );
  const { CreatedResourceArn } = await describeRestoreJob.run({ RestoreJobId }, context);
  const stateReason = { code: 'Server.InternalError', message: 'no room for it' };
  await moveInstance(context, idOf(CreatedResourceArn), { state: 'terminated', stateReason });
  await settleRestores(context.catalog, context.now);
  const job = await describeRestoreJob.run({ RestoreJobId }, context);
  assert.deepEqual([job.Status, job.StatusMessage], ['FAILED', 'no room for it']);
});

test('many that go on keep no other from its end', async () => {
  await using context = await createTestContext();
  const { RecoveryPointArn } = await makePoint(context);
  const asked = { RecoveryPointArn, Metadata: {} };
  const { RestoreJobId: ended = '' } = await startRestoreJob.run(asked, context);
  const { RestoreJobId: going = '' } = await startRestoreJob.run(asked, context);
  await context.catalog.write(async ({ restoreJobs }) => {
    const job = await restoreJobs.get(going);
    assert.ok(job);
    for (let i = 0; i < 100; i++) {
      for (const first of ['0', 'z']) await restoreJobs.insert({ ...job, id: `${first}-${i}` });
    }
  });
  const { CreatedResourceArn } = await describeRestoreJob.run({ RestoreJobId: ended }, context);
  await moveInstance(context, idOf(CreatedResourceArn), { state: 'running' });
  await settleRestores(context.catalog, context.now);
  const row = await context.catalog.read(({ restoreJobs }) => restoreJobs.get(ended));
  assert.equal(row?.status, 'COMPLETED');
});

test('what becomes of a machine that has run is no matter of its restore', async () => {
  await using context = await createTestContext();
  const { RecoveryPointArn } = await makePoint(context);
  const machine = {
    ...{ hypervisor: 'qemu', machineType: 'q35', cpuModel: 'max' },
    ...{ accelerator: 'tcg', uuid: 'a' },
  };
  const stateReason = { code: 'Server.InternalError', message: 'its process ended' };
  const noKey = { code: 'Client.InvalidKMSKey.InvalidState', message: 'no key' };
  const ended = { code: 'Client.UserInitiatedShutdown', message: 'by its owner' };
  for (const [change, Status] of [
    [{ state: 'stopped', machine, stateReason }, 'COMPLETED'],
    [{ state: 'terminated', stateReason: ended }, 'COMPLETED'],
    [{ state: 'terminated', stateReason: noKey }, 'FAILED'],
  ] as const) {
    const { RestoreJobId = '' } = await startRestoreJob.run(
      { RecoveryPointArn, Metadata: {} },
      context,
    );
    const { CreatedResourceArn } = await describeRestoreJob.run({ RestoreJobId }, context);
    await moveInstance(context, idOf(CreatedResourceArn), change);
    assert.equal((await describeRestoreJob.run({ RestoreJobId }, context)).Status, Status);
  }
});

test('a volume is restored in a zone, as large and of the type that is wanted', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeVolumeArn(context);
  await createTags.run(
    { Resources: [idOf(ResourceArn)], Tags: [{ Key: 'a', Value: 'b' }] },
    context,
  );
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn });
  const start = (Metadata: Record<string, string>, more: object = {}) =>
    startRestoreJob.run({ RecoveryPointArn, Metadata, ...more }, context);
  const availabilityZone = 'us-east-1a';
  const figures = { volumeType: 'gp3', volumeSize: '9', iops: '4000', throughput: '200' };
  const more = { CopySourceTagsToRestoredResource: true, ResourceType: 'EBS' };
  const wanted = { availabilityZone, ...figures, encrypted: 'true', volumeId: idOf(ResourceArn) };
  const { RestoreJobId = '' } = await start(wanted, more);
  const { Status, CreatedResourceArn } = await describeRestoreJob.run({ RestoreJobId }, context);
  assert.equal(Status, 'COMPLETED');
  const row = await context.catalog.read(({ volumes }) => volumes.get(idOf(CreatedResourceArn)));
  const { sizeGiB, iops, throughputMiBps, snapshotId, tags, encryption } = row ?? {};
  assert.deepEqual([sizeGiB, iops, throughputMiBps, tags], [9, 4000, 200, { a: 'b' }]);
  assert.equal(snapshotId, idOf(RecoveryPointArn));
  assert.ok(encryption);
  await assert.rejects(start({ volumeSize: '9' }), {
    ...{ code: 'MissingParameterValueException', message: /Metadata availabilityZone is missing/ },
  });
  await assert.rejects(start({ availabilityZone, volumeSize: 'big' }), {
    code: 'InvalidParameterValueException',
  });
  await assert.rejects(start(wanted, { ResourceType: 'EC2' }), {
    code: 'InvalidParameterValueException',
  });
});

test('metadata that asks for what there is not is refused by its name', async () => {
  await using context = await createTestContext();
  const { RecoveryPointArn } = await makePoint(context);
  for (const [name, value] of [
    ['IamInstanceProfileName', 'admin'],
    ['EbsOptimized', 'true'],
    ['HibernationOptions', '{"Configured":true}'],
    ['Placement', '{"Tenancy":"dedicated"}'],
    ['SecurityGroupIds', 'sg-1'],
    ['Monitoring', '{"State":"perhaps"}'],
    ['InstanceInitiatedShutdownBehavior', 'sleep'],
    ['VpcId', 'vpc-of-nobody'],
    ['Placement', '{"AvailabilityZone":5}'],
    ['Placement', '{"PartitionNumber":1}'],
    ['Monitoring', '{"State":"enabled","Interval":1}'],
    ['CpuOptions', '{"CoreCount":1,"AmdSevSnp":"enabled"}'],
    ['CreditSpecification', '{"CpuCredits":"standard","More":true}'],
    ['HibernationOptions', '{"Configured":"true"}'],
  ] as const) {
    const start = startRestoreJob.run({ RecoveryPointArn, Metadata: { [name]: value } }, context);
    await assert.rejects(start, {
      code: 'InvalidParameterValueException',
      message: new RegExp(name),
    });
  }
});

test('a VPC is that of the subnet that the restore takes, be it said or recorded', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  const { vpcId, subnetId } = await moveInstance(context, idOf(ResourceArn), {});
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn });
  const start = (Metadata: Record<string, string>) =>
    startRestoreJob.run({ RecoveryPointArn, Metadata }, context);
  const stranger = await context.asNewAccount();
  const { Vpcs: [theirs] = [] } = await describeVpcs.run({}, stranger);
  const instances = () => context.catalog.read((reader) => reader.instances.count());
  const zone = { Placement: '{"AvailabilityZone":"us-east-1a"}' };
  const places: Record<string, string>[] = [{}, { SubnetId: subnetId }, zone];
  for (const place of places) {
    await start({ VpcId: vpcId, ...place });
    const before = await instances();
    await assert.rejects(start({ VpcId: theirs?.VpcId ?? '', ...place }), {
      code: 'InvalidParameterValueException',
      message: /VpcId/,
    });
    assert.equal(await instances(), before);
  }
});

test('a volume is of the recovery point, and as encrypted as that', async () => {
  await using context = await createTestContext();
  await enableEbsEncryptionByDefault.run({}, context);
  const ResourceArn = await makeVolumeArn(context);
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn });
  const asked = { BackupVaultName, RecoveryPointArn };
  const { RestoreMetadata = {} } = await getRecoveryPointRestoreMetadata.run(asked, context);
  assert.equal(RestoreMetadata.encrypted, 'true');
  const start = (more: Record<string, string>) => {
    const Metadata = { ...RestoreMetadata, availabilityZone: 'us-east-1a', ...more };
    return startRestoreJob.run({ RecoveryPointArn, Metadata }, context);
  };
  await start({});
  for (const [name, value] of [
    ['volumeId', 'vol-of-nobody'],
    ['encrypted', 'false'],
  ] as const) {
    await assert.rejects(start({ [name]: value, kmsKeyId: '' }), {
      code: 'InvalidParameterValueException',
      message: new RegExp(name),
    });
  }
});

test('what is not there yet, or another’s, is not restored', async () => {
  await using context = await createTestContext();
  const pending = await makeJob(context);
  const Metadata = {};
  const { RecoveryPointArn } = pending;
  const early = startRestoreJob.run({ RecoveryPointArn, Metadata }, context);
  await assert.rejects(early, { code: 'InvalidRequestException' });
  const other = await context.asNewAccount();
  await assert.rejects(startRestoreJob.run({ RecoveryPointArn, Metadata }, other), {
    code: 'ResourceNotFoundException',
  });
});

test('vaults, holds and recovery points have tags; the service’s own stay', async () => {
  await using context = await createTestContext();
  const { RecoveryPointArn } = await makePoint(context);
  const { account, region } = context.caller;
  const of = (name: string) => `arn:aws:backup:${region}:${account}:backup-vault:${name}`;
  const arns = [of(await makeVault(context)), of('Default'), RecoveryPointArn];
  for (const ResourceArn of arns) {
    await tagResource.run({ ResourceArn, Tags: { a: '1', b: '2' } }, context);
    await untagResource.run(
      { ResourceArn, TagKeyList: ['a', 'aws:backup:source-resource'] },
      context,
    );
    const { Tags = {} } = await listTags.run({ ResourceArn }, context);
    const { 'aws:backup:source-resource': source, ...own } = Tags;
    assert.deepEqual(own, { b: '2' });
    assert.equal(source !== undefined, ResourceArn === RecoveryPointArn);
  }
  const ResourceArn = RecoveryPointArn;
  await tagResource.run({ ResourceArn, Tags: { a: '1', c: '3' } }, context);
  const page = await listTags.run({ ResourceArn, MaxResults: 2 }, context);
  const rest = await listTags.run({ ResourceArn, NextToken: page.NextToken }, context);
  const keys = [page, rest].flatMap(({ Tags = {} }) => Object.keys(Tags));
  assert.deepEqual(keys, ['a', 'aws:backup:source-resource', 'b', 'c']);
});
