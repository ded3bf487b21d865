/**
 * What all clients of an account change at once: an image, a snapshot, a security group, a launch
 * template. Each adds and takes away entries of its own, so that everybody knows of every entry
 * whether it has to be there: a change that another one undoes is seen at once.
 */
import assert from 'node:assert/strict';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateVersionsCommand,
  DeleteTagsCommand,
  DescribeImageAttributeCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotAttributeCommand,
  DescribeTagsCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { registration } from './images.ts';
import { command } from './kind.ts';
import { Known } from './known.ts';
import { type Account, type Actor, pickOf, type Thing, type World } from './world.ts';

interface SharedList {
  name: string;
  make(account: Account): Promise<string>;
  add(ec2: EC2Client, id: string, entry: string): Promise<unknown>;
  remove(ec2: EC2Client, id: string, entry: string): Promise<unknown>;
  list(ec2: EC2Client, id: string): Promise<string[]>;
}

/** Of each client, in each list. */
const entriesEach = 4;

/** As accounts that nobody has. */
const asAccount = (entry: string) => {
  const [client = '', slot = ''] = entry.split('-');
  return `900000${client.padStart(3, '0')}${slot.padStart(3, '0')}`;
};
const ofAccount = (account: string) => `${Number(account.slice(6, 9))}-${Number(account.slice(9))}`;

const asRule = (entry: string) => [
  {
    IpProtocol: 'tcp',
    FromPort: 80,
    ToPort: 80,
    IpRanges: [{ CidrIp: `10.${entry.replace('-', '.')}.0/24` }],
  },
];

const launchPermissions: SharedList = {
  name: 'launch permissions',
  async make({ snapshotId, actors: [{ ec2 } = assert.fail()] }) {
    const order = registration('board', 'of all clients', snapshotId);
    return (await ec2.send(order)).ImageId ?? '';
  },
  add(ec2, ImageId, entry) {
    const LaunchPermission = { Add: [{ UserId: asAccount(entry) }] };
    return ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
  },
  remove(ec2, ImageId, entry) {
    const LaunchPermission = { Remove: [{ UserId: asAccount(entry) }] };
    return ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
  },
  async list(ec2, ImageId) {
    const asked = { ImageId, Attribute: 'launchPermission' as const };
    const answer = await ec2.send(new DescribeImageAttributeCommand(asked));
    return (answer.LaunchPermissions ?? []).map(({ UserId = '' }) => ofAccount(UserId));
  },
};

const volumePermissions: SharedList = {
  name: 'permissions of a snapshot',
  make: async ({ snapshotId }) => snapshotId,
  add(ec2, SnapshotId, entry) {
    const CreateVolumePermission = { Add: [{ UserId: asAccount(entry) }] };
    return ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission }));
  },
  remove(ec2, SnapshotId, entry) {
    const CreateVolumePermission = { Remove: [{ UserId: asAccount(entry) }] };
    return ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission }));
  },
  async list(ec2, SnapshotId) {
    const asked = { SnapshotId, Attribute: 'createVolumePermission' as const };
    const answer = await ec2.send(new DescribeSnapshotAttributeCommand(asked));
    return (answer.CreateVolumePermissions ?? []).map(({ UserId = '' }) => ofAccount(UserId));
  },
};

const tags: SharedList = {
  name: 'tags',
  make: async ({ volumeId }) => volumeId,
  add: (ec2, id, Key) =>
    ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key, Value: '' }] })),
  remove: (ec2, id, Key) => ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key }] })),
  async list(ec2, id) {
    const asked = { Filters: [{ Name: 'resource-id', Values: [id] }] };
    const { Tags = [] } = await ec2.send(new DescribeTagsCommand(asked));
    return Tags.map(({ Key = '' }) => Key);
  },
};

const rules: SharedList = {
  name: 'rules of a security group',
  async make({ actors: [{ ec2 } = assert.fail()] }) {
    const order = { GroupName: 'board', Description: 'of all clients' };
    return (await ec2.send(new CreateSecurityGroupCommand(order))).GroupId ?? '';
  },
  add: (ec2, GroupId, entry) =>
    ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: asRule(entry) })),
  remove: (ec2, GroupId, entry) =>
    ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: asRule(entry) })),
  async list(ec2, id) {
    const asked = new DescribeSecurityGroupsCommand({ GroupIds: [id] });
    const { SecurityGroups: [group] = [] } = await ec2.send(asked);
    const ranges = (group?.IpPermissions ?? []).flatMap(({ IpRanges = [] }) => IpRanges);
    return ranges.map(({ CidrIp = '' }) => CidrIp.split('.').slice(1, 3).join('-'));
  },
};

async function versions(ec2: EC2Client, LaunchTemplateId: string) {
  const asked = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId });
  return (await ec2.send(asked)).LaunchTemplateVersions ?? [];
}

const templateVersions: SharedList = {
  name: 'versions of a launch template',
  async make({ actors: [{ ec2 } = assert.fail()] }) {
    const LaunchTemplateData = { InstanceType: 't3.nano' as const };
    const order = { LaunchTemplateName: 'board', LaunchTemplateData };
    const { LaunchTemplate } = await ec2.send(new CreateLaunchTemplateCommand(order));
    return LaunchTemplate?.LaunchTemplateId ?? '';
  },
  add: (ec2, LaunchTemplateId, VersionDescription) =>
    ec2.send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId,
        VersionDescription,
        LaunchTemplateData: { InstanceType: 't3.micro' },
      }),
    ),
  async remove(ec2, LaunchTemplateId, entry) {
    const all = await versions(ec2, LaunchTemplateId);
    const named = all.filter(({ VersionDescription }) => VersionDescription === entry);
    const Versions = named.map(({ VersionNumber }) => String(VersionNumber));
    await ec2.send(new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions }));
  },
  async list(ec2, id) {
    const all = await versions(ec2, id);
    return all.flatMap(({ VersionDescription: entry }) => (entry ? [entry] : []));
  },
};

const lists = [launchPermissions, volumePermissions, tags, rules, templateVersions];

/** Of a client, in a list: whether it is there. `id` is that of what the list is of. */
interface Entry extends Thing<boolean> {
  text: string;
}

const entriesOf = (list: SharedList, world: World, { account }: Actor) =>
  world.of<Entry>(list).filter(({ writer }) => writer.account === account);

/** For each account; empty. */
export async function createBoards(world: World): Promise<void> {
  for (const account of world.accounts) {
    for (const list of lists) {
      const id = await list.make(account);
      for (const writer of account.actors) {
        for (let slot = 0; slot < entriesEach; slot++) {
          const entry = { id, writer, text: `${writer.number}-${slot}`, known: new Known(false) };
          world.of<Entry>(list).push(entry);
        }
      }
    }
  }
}

/** Whoever looks knows of each entry whether it may be there, and that there is nothing else. */
async function look(list: SharedList, world: World, reader: Actor): Promise<void> {
  const entries = entriesOf(list, world, reader);
  const readings = entries.map(({ text, known }) => [text, known.reading()] as const);
  const told = new Set(await list.list(reader.ec2, entries[0]?.id ?? ''));
  for (const [text, judge] of readings) {
    judge(`${text} of ${list.name}`, told.delete(text), (isThere) => isThere);
  }
  assert.deepEqual(told, new Set(), list.name);
}

/** All of a client's in one list, each by another client of the account. */
const change = command('change a list', async (actor, world, pick) => {
  const list = pickOf(lists, pick);
  const { actors } = actor.account;
  const own = entriesOf(list, world, actor).filter(({ writer }) => writer === actor);
  await Promise.all(
    own.map(({ id, text, known }, turn) => {
      const { ec2 } = pickOf(actors, actor.number + turn);
      const does = known.now ? 'remove' : 'add';
      return known.write(!known.now, () => list[does](ec2, id, text));
    }),
  );
});

const lookAtOne = command('look at a list', (actor, world, pick) =>
  look(pickOf(lists, pick), world, actor),
);

export const boardCommands = [change, change, lookAtOne];

/** When everybody is done, nothing of anybody's may be missing. */
export async function checkBoards(world: World): Promise<void> {
  for (const { actors } of world.accounts) {
    for (const list of lists) await look(list, world, actors[0] ?? assert.fail());
  }
}
