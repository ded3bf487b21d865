/** Key pairs, security groups, launch templates and instances: each account's own. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteLaunchTemplateCommand,
  DeleteLaunchTemplateVersionsCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeSecurityGroupsCommand,
  ModifyLaunchTemplateCommand,
  RevokeSecurityGroupIngressCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { byId, type Kind } from './kind.ts';
import { Known } from './known.ts';
import { type Actor, answered, type World } from './world.ts';

const there = { isThere: true };

export const keyPairs: Kind<{ isThere: boolean }> = {
  name: 'key pair',
  most: 3,
  async make(actor) {
    const id = actor.name();
    await actor.ec2.send(new CreateKeyPairCommand({ KeyName: id, KeyType: 'ed25519' }));
    return { id, writer: actor, known: new Known(there) };
  },
  changes: {
    'create again': {
      becomes: ({ isThere }) => (isThere ? 'InvalidKeyPair.Duplicate' : there),
      send: (ec2, KeyName) => ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: 'ed25519' })),
    },
    delete: {
      becomes: () => ({ isThere: false }),
      send: (ec2, KeyName) => ec2.send(new DeleteKeyPairCommand({ KeyName })),
    },
  },
  looks: [
    {
      name: 'describe',
      ask: byId(async (id, { ec2 }) => {
        const answer = await answered(ec2.send(new DescribeKeyPairsCommand({ KeyNames: [id] })));
        return typeof answer === 'string' ? answer : answer.KeyPairs?.[0]?.KeyName;
      }),
      tells: ({ isThere }, { id, writer }, { account }) =>
        isThere && writer.account === account ? id : 'InvalidKeyPair.NotFound',
    },
  ],
};

interface GroupState {
  isThere: boolean;
  cidrs: readonly string[];
}

const cidr = (pick: number) => `192.168.${pick % 4}.0/24`;
const rule = (pick: number) => [
  { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: cidr(pick) }] },
];

export const groups: Kind<GroupState> = {
  name: 'security group',
  most: 3,
  async make(actor) {
    const order = { GroupName: actor.name(), Description: 'of one client' };
    const { GroupId: id = '' } = await actor.ec2.send(new CreateSecurityGroupCommand(order));
    return { id, writer: actor, known: new Known({ isThere: true, cidrs: [] as string[] }) };
  },
  changes: {
    authorize: {
      becomes({ isThere, cidrs }, { pick }) {
        if (!isThere) return 'InvalidGroup.NotFound';
        if (cidrs.includes(cidr(pick))) return 'InvalidPermission.Duplicate';
        return { isThere, cidrs: [...cidrs, cidr(pick)].sort() };
      },
      send: (ec2, GroupId, { pick }) =>
        ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: rule(pick) })),
    },
    revoke: {
      becomes({ isThere, cidrs }, { pick }) {
        if (!isThere) return 'InvalidGroup.NotFound';
        return { isThere, cidrs: cidrs.filter((each) => each !== cidr(pick)) };
      },
      send: (ec2, GroupId, { pick }) =>
        ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: rule(pick) })),
    },
    delete: {
      becomes: ({ isThere }) => (isThere ? { isThere: false, cidrs: [] } : 'InvalidGroup.NotFound'),
      send: (ec2, GroupId) => ec2.send(new DeleteSecurityGroupCommand({ GroupId })),
    },
  },
  looks: [
    {
      name: 'describe',
      ask: byId(async (id, { ec2 }) => {
        const asked = new DescribeSecurityGroupsCommand({ GroupIds: [id] });
        const answer = await answered(ec2.send(asked));
        if (typeof answer === 'string') return answer;
        const permissions = answer.SecurityGroups?.[0]?.IpPermissions ?? [];
        const ranges = permissions.flatMap(({ IpRanges = [] }) => IpRanges);
        return ranges.map(({ CidrIp }) => CidrIp).sort();
      }),
      tells: ({ isThere, cidrs }, { writer }, { account }) =>
        isThere && writer.account === account ? cidrs : 'InvalidGroup.NotFound',
    },
  ],
};

interface TemplateState {
  isThere: boolean;
  versions: readonly number[];
  /** Numbers are used once. */
  last: number;
  usual: number;
}

const LaunchTemplateData = { InstanceType: 't3.nano' as const };
const noTemplate = 'InvalidLaunchTemplateId.NotFound';
/** One of those that there may be. */
const version = (pick: number) => 1 + (pick % 4);

export const templates: Kind<TemplateState> = {
  name: 'launch template',
  most: 3,
  async make(actor) {
    const order = { LaunchTemplateName: actor.name(), LaunchTemplateData };
    const { LaunchTemplate } = await actor.ec2.send(new CreateLaunchTemplateCommand(order));
    const first: TemplateState = { isThere: true, versions: [1], last: 1, usual: 1 };
    return { id: LaunchTemplate?.LaunchTemplateId ?? '', writer: actor, known: new Known(first) };
  },
  changes: {
    'add a version to': {
      becomes({ versions, last, ...state }) {
        if (!state.isThere) return noTemplate;
        return { ...state, versions: [...versions, last + 1], last: last + 1 };
      },
      send: (ec2, LaunchTemplateId) =>
        ec2.send(new CreateLaunchTemplateVersionCommand({ LaunchTemplateId, LaunchTemplateData })),
    },
    'set the default of': {
      becomes(state, { pick }) {
        if (!state.isThere) return noTemplate;
        if (state.versions.includes(version(pick))) return { ...state, usual: version(pick) };
        return 'InvalidLaunchTemplateId.VersionNotFound';
      },
      send: (ec2, LaunchTemplateId, { pick }) =>
        ec2.send(
          new ModifyLaunchTemplateCommand({
            LaunchTemplateId,
            DefaultVersion: String(version(pick)),
          }),
        ),
    },
    'delete a version of': {
      becomes(state, { pick }) {
        if (!state.isThere) return noTemplate;
        const isGone = (each: number) => each === version(pick) && each !== state.usual;
        return { ...state, versions: state.versions.filter((each) => !isGone(each)) };
      },
      send: (ec2, LaunchTemplateId, { pick }) =>
        ec2.send(
          new DeleteLaunchTemplateVersionsCommand({
            LaunchTemplateId,
            Versions: [String(version(pick))],
          }),
        ),
    },
    delete: {
      becomes: (state) => (state.isThere ? { ...state, isThere: false } : noTemplate),
      send: (ec2, LaunchTemplateId) =>
        ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId })),
    },
  },
  looks: [
    {
      name: 'describe',
      ask: byId(async (id, { ec2 }) => {
        const asked = new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [id] });
        const answer = await answered(ec2.send(asked));
        if (typeof answer === 'string') return answer;
        const { DefaultVersionNumber, LatestVersionNumber } = answer.LaunchTemplates?.[0] ?? {};
        return [DefaultVersionNumber, LatestVersionNumber];
      }),
      tells: ({ isThere, usual, versions }, { writer }, { account }) =>
        isThere && writer.account === account ? [usual, Math.max(...versions)] : noTemplate,
    },
  ],
};

interface InstanceState {
  lives: boolean;
  tag: string | undefined;
}

/** What it does by itself is not told apart. */
const living = ['pending', 'running'];

export const instances: Kind<InstanceState> = {
  name: 'instance',
  most: 2,
  async make(actor: Actor, { provided }: World) {
    const order = { ImageId: provided, MinCount: 1, MaxCount: 1 };
    const { Instances = [] } = await actor.ec2.send(new RunInstancesCommand(order));
    const first: InstanceState = { lives: true, tag: undefined };
    return { id: Instances[0]?.InstanceId ?? '', writer: actor, known: new Known(first) };
  },
  changes: {
    tag: {
      becomes: (state, { pick }) => ({ ...state, tag: String(pick) }),
      send: (ec2, id, { pick }) =>
        ec2.send(
          new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'tag', Value: String(pick) }] }),
        ),
    },
    terminate: {
      becomes: (state) => ({ ...state, lives: false }),
      send: (ec2, id) => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
    },
  },
  looks: [
    {
      name: 'describe',
      ask: byId(async (id, { ec2 }) => {
        const asked = new DescribeInstancesCommand({ InstanceIds: [id] });
        const answer = await answered(ec2.send(asked));
        if (typeof answer === 'string') return answer;
        const { State, Tags = [] } = answer.Reservations?.[0]?.Instances?.[0] ?? {};
        return { lives: living.includes(State?.Name ?? ''), tag: Tags[0]?.Value };
      }),
      tells: (state, { writer }, { account }) =>
        writer.account === account ? state : 'InvalidInstanceID.NotFound',
    },
  ],
};
