/**
 * Every noun that carries tags: given when it is made, changed later, shown by its Describe action
 * and by DescribeTags, and found by them.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Tag, TagSpecification } from '../../../../api/generated/ec2-types.ts';
import { defaultSubnet, defaultVpc } from '../../../domain/networks.ts';
import { taggedNouns } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { makeFleet } from '../../test-fleets.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import {
  attachedVolumeIds,
  insertRunningInstance,
  launched,
  moveInstance,
  runImage,
} from '../../test-instances.ts';
import { makeTemplate } from '../../test-launch-templates.ts';
import { createInstanceExportTask } from '../exports/CreateInstanceExportTask.ts';
import { describeExportImageTasks } from '../exports/DescribeExportImageTasks.ts';
import { describeExportTasks } from '../exports/DescribeExportTasks.ts';
import { exportImage } from '../exports/ExportImage.ts';
import { copyImage } from '../images/CopyImage.ts';
import { createImageUsageReport } from '../images/CreateImageUsageReport.ts';
import { describeImages } from '../images/DescribeImages.ts';
import { describeImageUsageReports } from '../images/DescribeImageUsageReports.ts';
import { describeImportImageTasks } from '../imports/DescribeImportImageTasks.ts';
import { describeImportSnapshotTasks } from '../imports/DescribeImportSnapshotTasks.ts';
import { importImage } from '../imports/ImportImage.ts';
import { importSnapshot } from '../imports/ImportSnapshot.ts';
import { describeInstances } from '../instances/DescribeInstances.ts';
import { createKeyPair } from '../key-pairs/CreateKeyPair.ts';
import { describeKeyPairs } from '../key-pairs/DescribeKeyPairs.ts';
import { describeLaunchTemplates } from '../launch-templates/DescribeLaunchTemplates.ts';
import { describeNetworkInterfaces } from '../networks/DescribeNetworkInterfaces.ts';
import { describeSubnets } from '../networks/DescribeSubnets.ts';
import { describeVpcs } from '../networks/DescribeVpcs.ts';
import { createReplaceRootVolumeTask } from '../root-volumes/CreateReplaceRootVolumeTask.ts';
import { describeReplaceRootVolumeTasks } from '../root-volumes/DescribeReplaceRootVolumeTasks.ts';
import { authorizeSecurityGroupIngress } from '../security-groups/AuthorizeSecurityGroupIngress.ts';
import { createSecurityGroup } from '../security-groups/CreateSecurityGroup.ts';
import { describeSecurityGroupRules } from '../security-groups/DescribeSecurityGroupRules.ts';
import { describeSecurityGroups } from '../security-groups/DescribeSecurityGroups.ts';
import { createSnapshot } from '../snapshots/CreateSnapshot.ts';
import { describeSnapshots } from '../snapshots/DescribeSnapshots.ts';
import { describeVolumes } from '../volumes/DescribeVolumes.ts';
import { createTags } from './CreateTags.ts';
import { deleteTags } from './DeleteTags.ts';
import { describeTags } from './DescribeTags.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

interface Filtered {
  Filters: { Name: string; Values: string[] }[];
}

interface Noun {
  /** Its id: made with these tags, or without where nothing makes it that could give them. */
  make(specifications?: TagSpecification[]): Promise<string | undefined>;
  /** What is found by filters; EC2 has none by tags for fleets. */
  list?(input: Filtered): Promise<object>;
  isThereBefore?: true;
}

const by =
  <Input>(operation: Operation<Input, object>) =>
  (input: Filtered) =>
    operation.run(input as Input, context);
const instance = async (TagSpecifications?: TagSpecification[]) =>
  insertRunningInstance(context, await insertImage(context), { TagSpecifications });

const nouns: Record<string, Noun> = {
  image: {
    async make(TagSpecifications) {
      const { id: SourceImageId } = await insertImage(context);
      const source = { SourceImageId, SourceRegion: 'us-east-1' };
      return (await copyImage.run({ Name: 'copy', ...source, TagSpecifications }, context)).ImageId;
    },
    list: by(describeImages),
  },
  'image-usage-report': {
    async make(TagSpecifications) {
      const { id: ImageId } = await insertImage(context);
      const ResourceTypes = [{ ResourceType: 'ec2:Instance' }];
      const input = { ImageId, ResourceTypes, TagSpecifications };
      return (await createImageUsageReport.run(input, context)).ReportId;
    },
    list: by(describeImageUsageReports),
  },
  snapshot: {
    async make(TagSpecifications) {
      const [VolumeId = ''] = await attachedVolumeIds(context, (await instance()).id);
      return (await createSnapshot.run({ VolumeId, TagSpecifications }, context)).SnapshotId;
    },
    list: by(describeSnapshots),
  },
  volume: {
    async make(TagSpecifications) {
      const made = await runImage(context, await insertImage(context), { TagSpecifications });
      return (await attachedVolumeIds(context, launched(made).InstanceId))[0];
    },
    list: by(describeVolumes),
  },
  instance: {
    make: async (specifications) => (await instance(specifications)).id,
    list: async (input) =>
      ((await describeInstances.run(input, context)).Reservations ?? []).map(
        ({ Instances }) => Instances,
      ),
  },
  'network-interface': {
    make: async (specifications) => (await instance(specifications)).networkInterfaceId,
    list: by(describeNetworkInterfaces),
  },
  'key-pair': {
    make: async (TagSpecifications) =>
      (await createKeyPair.run({ KeyName: 'mine', KeyType: 'ed25519', TagSpecifications }, context))
        .KeyPairId,
    list: by(describeKeyPairs),
  },
  'launch-template': {
    make: (TagSpecifications) =>
      makeTemplate(context, { InstanceType: 't3.nano' }, { TagSpecifications }),
    list: by(describeLaunchTemplates),
  },
  fleet: {
    async make(TagSpecifications) {
      const { id: ImageId } = await insertProviderImage(context);
      const template = await makeTemplate(context, { ImageId, InstanceType: 't3.nano' });
      return (await makeFleet(context, template, 1, [], { TagSpecifications })).FleetId;
    },
  },
  'import-snapshot-task': {
    async make(TagSpecifications) {
      const DiskContainer = { Format: 'RAW', Url: 'client://disk' };
      return (await importSnapshot.run({ DiskContainer, TagSpecifications }, context)).ImportTaskId;
    },
    list: by(describeImportSnapshotTasks),
  },
  'import-image-task': {
    async make(TagSpecifications) {
      const DiskContainers = [{ Format: 'RAW', Url: 'client://disk' }];
      return (await importImage.run({ DiskContainers, TagSpecifications }, context)).ImportTaskId;
    },
    list: by(describeImportImageTasks),
  },
  'export-instance-task': {
    async make(TagSpecifications) {
      const image = await insertImage(context);
      const one = { BlockDeviceMappings: [] };
      const InstanceId = (await insertRunningInstance(context, image, one)).id;
      const ExportToS3Task = { S3Bucket: 'disks' };
      const order = { InstanceId, TargetEnvironment: 'vmware', ExportToS3Task } as const;
      const made = await createInstanceExportTask.run({ ...order, TagSpecifications }, context);
      return made.ExportTask?.ExportTaskId;
    },
    list: by(describeExportTasks),
  },
  'export-image-task': {
    async make(TagSpecifications) {
      const { id: ImageId } = await insertImage(context);
      const S3ExportLocation = { S3Bucket: 'disks' };
      const order = {
        ImageId,
        DiskImageFormat: 'RAW',
        S3ExportLocation,
        TagSpecifications,
      } as const;
      return (await exportImage.run(order, context)).ExportImageTaskId;
    },
    list: by(describeExportImageTasks),
  },
  'replace-root-volume-task': {
    async make(TagSpecifications) {
      const InstanceId = (await instance()).id;
      const made = await createReplaceRootVolumeTask.run(
        { InstanceId, TagSpecifications },
        context,
      );
      return made.ReplaceRootVolumeTask?.ReplaceRootVolumeTaskId;
    },
    list: by(describeReplaceRootVolumeTasks),
  },
  'security-group': {
    async make(TagSpecifications) {
      const group = { GroupName: 'web', Description: 'web servers', TagSpecifications };
      return (await createSecurityGroup.run(group, context)).GroupId;
    },
    list: by(describeSecurityGroups),
  },
  'security-group-rule': {
    async make(TagSpecifications) {
      const group = { GroupName: 'web', Description: 'web servers' };
      const { GroupId } = await createSecurityGroup.run(group, context);
      const ports = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
      const IpPermissions = [{ ...ports, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
      const made = await authorizeSecurityGroupIngress.run(
        { GroupId, IpPermissions, TagSpecifications },
        context,
      );
      return made.SecurityGroupRules?.[0]?.SecurityGroupRuleId;
    },
    list: by(describeSecurityGroupRules),
  },
  vpc: {
    make: async () =>
      (await context.catalog.read((reader) => defaultVpc(reader, context.caller))).id,
    list: by(describeVpcs),
    isThereBefore: true,
  },
  subnet: {
    make: async () =>
      (await context.catalog.read((reader) => defaultSubnet(reader, context.caller))).id,
    list: by(describeSubnets),
    isThereBefore: true,
  },
};

/**
 * By each of the filters one thing with these tags is found; nothing at all where there are none.
 */
async function found({ list }: Noun, tags: string[] | undefined, filters: Record<string, string>) {
  if (!list) return;
  for (const [Name, value] of Object.entries(filters)) {
    const answer = await list({ Filters: [{ Name, Values: [value] }] });
    const things = Object.values(answer).filter(Array.isArray).flat();
    const told = things.map(({ TagSet, Tags }) => texts(TagSet ?? Tags));
    assert.deepEqual(told, tags ? [tags] : [], Name);
  }
}

function texts(tags: Tag[]): string[] {
  return tags.map(({ Key, Value }) => `${Key}=${Value}`).sort();
}

async function listed(...filters: [Name: string, Value: string][]): Promise<string[]> {
  const Filters = filters.map(([Name, Value]) => ({ Name, Values: [Value] }));
  return texts((await describeTags.run({ Filters }, context)).Tags ?? []);
}

test('every noun that carries tags is here', () => {
  const types = Object.values(taggedNouns).map(({ resourceType }) => resourceType);
  assert.deepEqual(Object.keys(nouns).sort(), types.sort());
});

describe('tags of', () => {
  for (const [type, noun] of Object.entries(nouns)) {
    test(type, async () => {
      const ResourceType = type as TagSpecification['ResourceType'];
      const Tags = [{ Key: 'Name', Value: 'a' }];
      const id = (await noun.make(noun.isThereBefore ? [] : [{ ResourceType, Tags }])) ?? '';
      if (noun.isThereBefore) await createTags.run({ Resources: [id], Tags }, context);
      await found(noun, ['Name=a'], { 'tag:Name': 'a' });
      assert.deepEqual(await listed(['resource-id', id]), ['Name=a']);

      const more = [
        { Key: 'Name', Value: 'b' },
        { Key: 'Env', Value: 'prod' },
      ];
      await createTags.run({ Resources: [id], Tags: more }, context);
      const both = ['Env=prod', 'Name=b'];
      await found(noun, undefined, { 'tag:Name': 'a' });
      await found(noun, both, { 'tag:Name': 'b', 'tag:Env': 'p*', 'tag-key': 'Env' });
      assert.deepEqual(await listed(['resource-id', id]), both);
      assert.deepEqual(await listed(['resource-type', type]), both);
      assert.deepEqual(await listed(['resource-type', type], ['key', 'Env']), ['Env=prod']);

      await deleteTags.run({ Resources: [id], Tags: [{ Key: 'Name' }] }, context);
      await found(noun, ['Env=prod'], { 'tag-key': 'Env' });
      await found(noun, undefined, { 'tag:Name': 'b' });
      assert.deepEqual(await listed(['resource-id', id]), ['Env=prod']);
      const stranger = await context.asNewAccount();
      await assert.rejects(createTags.run({ Resources: [id], Tags }, stranger), {
        code: Object.values(taggedNouns).find((each) => each.resourceType === type)?.notFound,
      });
    });
  }
});

test('tags of network interfaces: a page that ends within one, and nothing of those that ended', async () => {
  const Tags = ['a', 'b', 'c', 'd'].map((Key) => ({ Key, Value: '' }));
  const TagSpecifications: TagSpecification[] = [{ ResourceType: 'network-interface', Tags }];
  const [one, other] = [await instance(TagSpecifications), await instance(TagSpecifications)];
  const first = await describeTags.run({ MaxResults: 5 }, context);
  const second = await describeTags.run({ MaxResults: 5, NextToken: first.NextToken }, context);
  const all = [...(first.Tags ?? []), ...(second.Tags ?? [])];
  const expected = [one, other].flatMap(({ networkInterfaceId }) =>
    Tags.map(({ Key }) => `${networkInterfaceId} ${Key}`),
  );
  assert.deepEqual(
    all.map(({ ResourceId, Key }) => `${ResourceId} ${Key}`).sort(),
    expected.sort(),
  );
  await moveInstance(context, one.id, { state: 'terminated' });
  assert.equal((await listed()).length, 4);
  assert.deepEqual(await listed(['resource-id', one.networkInterfaceId]), []);
  await assert.rejects(deleteTags.run({ Resources: [one.networkInterfaceId] }, context), {
    code: 'InvalidNetworkInterfaceID.NotFound',
  });
});
