/**
 * Each waiter of the official clients whose action is offered: it comes to what it waits for, and
 * gives up at once where that cannot be any more.
 */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as sdk from '@aws-sdk/client-ec2';
import * as kmsSdk from '@aws-sdk/client-kms';
import * as ssmSdk from '@aws-sdk/client-ssm';
import { Home } from '../../server/foundations/home.ts';
import { services } from '../../server/operations/generated/tables.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

type Wait = (
  config: { client: object; minDelay: number; maxDelay: number; maxWaitTime: number },
  input: object,
) => Promise<{ state: string }>;

const never = `i-${'0'.repeat(17)}`;

let imago: ImagoProcess;
let ec2: sdk.EC2Client;
let imageId: string;
/** Disk files come from there and go there: by the API it is the bucket `disks`. */
const folder = mkdtempSync(path.join(tmpdir(), 'imago-waiters-'));
const S3Bucket = 'disks';
before(async () => {
  const places = `${S3Bucket}=${folder}`;
  imago = await ImagoProcess.start({
    hypervisor: 'simulated',
    home: await homeWith('micro'),
    flags: ['--import-folder', places, '--export-folder', places],
  });
  ec2 = imago.ec2();
  imageId = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true });
});

const waiting = () => ({ client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 120 });

async function launched(): Promise<string> {
  const launch = { ImageId: imageId, MinCount: 1, MaxCount: 1 };
  const { Instances } = await ec2.send(new sdk.RunInstancesCommand(launch));
  return Instances?.[0]?.InstanceId ?? '';
}

async function running(): Promise<sdk.Instance & { InstanceId: string }> {
  const InstanceId = await launched();
  await sdk.waitUntilInstanceRunning(waiting(), { InstanceIds: [InstanceId] });
  const asked = new sdk.DescribeInstancesCommand({ InstanceIds: [InstanceId] });
  const { Reservations } = await ec2.send(asked);
  return { ...Reservations?.[0]?.Instances?.[0], InstanceId };
}

async function terminated(): Promise<string> {
  const { InstanceId } = await running();
  await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  await sdk.waitUntilInstanceTerminated(waiting(), { InstanceIds: [InstanceId] });
  return InstanceId;
}

const volumeOf = ({ BlockDeviceMappings }: sdk.Instance) =>
  BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';

async function captured(): Promise<string> {
  const { InstanceId } = await running();
  const order = { InstanceId, Name: `of ${InstanceId}`, NoReboot: true };
  return (await ec2.send(new sdk.CreateImageCommand(order))).ImageId ?? '';
}

/** Of an instance that runs. */
async function exported(): Promise<string> {
  const { InstanceId } = await running();
  const order = { InstanceId, TargetEnvironment: 'vmware', ExportToS3Task: { S3Bucket } } as const;
  const { ExportTask } = await ec2.send(new sdk.CreateInstanceExportTaskCommand(order));
  return ExportTask?.ExportTaskId ?? '';
}

interface Case {
  /** Orders what is waited for. */
  succeeds?: () => Promise<object>;
  /** Orders what will never be so. */
  fails?: () => Promise<object>;
}

const one = async (instance: Promise<string>) => ({ InstanceIds: [await instance] });

const cases: Record<string, Case> = {
  ExportTaskCancelled: {
    async succeeds() {
      const ExportTaskId = await exported();
      await ec2.send(new sdk.CancelExportTaskCommand({ ExportTaskId }));
      return { ExportTaskIds: [ExportTaskId] };
    },
  },
  ExportTaskCompleted: { succeeds: async () => ({ ExportTaskIds: [await exported()] }) },
  ImageAvailable: { succeeds: async () => ({ ImageIds: [await captured()] }) },
  ImageExists: { succeeds: async () => ({ ImageIds: [await captured()] }) },
  ImageUsageReportAvailable: {
    async succeeds() {
      const ImageId = await captured();
      await sdk.waitUntilImageAvailable(waiting(), { ImageIds: [ImageId] });
      const ResourceTypes = [{ ResourceType: 'ec2:Instance' }];
      const order = new sdk.CreateImageUsageReportCommand({ ImageId, ResourceTypes });
      return { ReportIds: [(await ec2.send(order)).ReportId] };
    },
  },
  InstanceExists: { succeeds: () => one(launched()) },
  InstanceRunning: { succeeds: () => one(launched()), fails: () => one(terminated()) },
  InstanceStatusOk: { succeeds: () => one(launched()) },
  InstanceStopped: {
    async succeeds() {
      const { InstanceId } = await running();
      await ec2.send(new sdk.StopInstancesCommand({ InstanceIds: [InstanceId] }));
      return { InstanceIds: [InstanceId] };
    },
    fails: () => one(terminated()),
  },
  InstanceTerminated: {
    async succeeds() {
      const { InstanceId } = await running();
      await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
      return { InstanceIds: [InstanceId] };
    },
  },
  InternetGatewayExists: {
    async succeeds() {
      const { InternetGateways } = await ec2.send(new sdk.DescribeInternetGatewaysCommand({}));
      return { InternetGatewayIds: [InternetGateways?.[0]?.InternetGatewayId] };
    },
  },
  KeyPairExists: {
    async succeeds() {
      await ec2.send(new sdk.CreateKeyPairCommand({ KeyName: 'waited for' }));
      return { KeyNames: ['waited for'] };
    },
  },
  /** Here each belongs to an instance, and is in use. */
  NetworkInterfaceAvailable: {
    fails: async () => ({ NetworkInterfaceIds: [never.replace('i-', 'eni-')] }),
  },
  PasswordDataAvailable: {
    async succeeds() {
      const { InstanceId } = await running();
      const folder = new Home(imago.home).machineFolder(InstanceId);
      const password = Buffer.alloc(256, 1).toString('base64');
      appendFileSync(path.join(folder, 'console.log'), `<Password>${password}</Password>\r\n`);
      return { InstanceId };
    },
  },
  SecurityGroupExists: {
    async succeeds() {
      const order = { GroupName: 'waited for', Description: 'waited for' };
      return { GroupIds: [(await ec2.send(new sdk.CreateSecurityGroupCommand(order))).GroupId] };
    },
  },
  SnapshotCompleted: {
    async succeeds() {
      const VolumeId = volumeOf(await running());
      const { SnapshotId } = await ec2.send(new sdk.CreateSnapshotCommand({ VolumeId }));
      return { SnapshotIds: [SnapshotId] };
    },
  },
  SnapshotImported: {
    async succeeds() {
      writeFileSync(path.join(folder, 'disk.raw'), Buffer.alloc(1024 ** 2, 1));
      const DiskContainer = { Format: 'RAW', UserBucket: { S3Bucket, S3Key: 'disk.raw' } };
      const order = new sdk.ImportSnapshotCommand({ DiskContainer });
      return { ImportTaskIds: [(await ec2.send(order)).ImportTaskId] };
    },
  },
  StoreImageTaskComplete: {
    async succeeds() {
      const ImageId = await captured();
      await sdk.waitUntilImageAvailable(waiting(), { ImageIds: [ImageId] });
      await ec2.send(new sdk.CreateStoreImageTaskCommand({ ImageId, Bucket: S3Bucket }));
      return { ImageIds: [ImageId] };
    },
  },
  SubnetAvailable: { succeeds: async () => ({}) },
  SystemStatusOk: { succeeds: () => one(launched()) },
  VolumeAvailable: {
    /** What a terminated instance leaves. */
    async succeeds() {
      const BlockDeviceMappings = [
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, DeleteOnTermination: false } },
      ];
      const launch = { ImageId: imageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
      const { Instances } = await ec2.send(new sdk.RunInstancesCommand(launch));
      const InstanceIds = [Instances?.[0]?.InstanceId ?? ''];
      await sdk.waitUntilInstanceRunning(waiting(), { InstanceIds });
      const Filters = [
        { Name: 'attachment.instance-id', Values: InstanceIds },
        { Name: 'attachment.device', Values: ['/dev/sdf'] },
      ];
      const { Volumes } = await ec2.send(new sdk.DescribeVolumesCommand({ Filters }));
      await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds }));
      return { VolumeIds: [Volumes?.[0]?.VolumeId] };
    },
  },
  VolumeDeleted: {
    async succeeds() {
      const instance = await running();
      const InstanceIds = [instance.InstanceId];
      await ec2.send(new sdk.TerminateInstancesCommand({ InstanceIds }));
      return { VolumeIds: [volumeOf(instance)] };
    },
  },
  VolumeInUse: { succeeds: async () => ({ VolumeIds: [volumeOf(await running())] }) },
  VpcAvailable: { succeeds: async () => ({}) },
  VpcExists: {
    async succeeds() {
      const { Vpcs } = await ec2.send(new sdk.DescribeVpcsCommand({}));
      return { VpcIds: [Vpcs?.[0]?.VpcId] };
    },
  },
};

/** What it asks again and again. */
async function actionOf(wait: Wait): Promise<string> {
  return new Promise((resolve) => {
    const client = {
      send(command: object) {
        resolve(command.constructor.name.replace(/Command$/, ''));
        return Promise.resolve({});
      },
    };
    wait({ client, minDelay: 1, maxDelay: 1, maxWaitTime: 2 }, {}).catch(() => {});
  });
}

const found = new Map<string, Wait>();
for (const [service, client] of Object.entries({ ec2: sdk, kms: kmsSdk, ssm: ssmSdk })) {
  const { operations } = services.find(({ model }) => model.service === service) ?? assert.fail();
  for (const [name, value] of Object.entries(client)) {
    const waiter = name.replace(/^waitUntil/, '');
    if (waiter === name) continue;
    const isOffered = Object.hasOwn(operations, await actionOf(value as Wait));
    if (isOffered) found.set(waiter, value as Wait);
  }
}

test('each waiter for what is offered has a case', () => {
  assert.deepEqual([...found.keys()].sort(), Object.keys(cases).sort());
});

for (const [name, { succeeds, fails }] of Object.entries(cases)) {
  const wait = found.get(name) ?? assert.fail();
  if (succeeds) {
    test(`waitUntil${name}`, async () => {
      assert.equal((await wait(waiting(), await succeeds())).state, 'SUCCESS');
    });
  }
  if (fails) {
    test(`waitUntil${name} gives up`, async () => {
      await assert.rejects(wait(waiting(), await fails()), /"state":"FAILURE"/);
    });
  }
}
