/** Images: made and copied, shared, disabled, deprecated, deregistered and taken back. */
import {
  CopyImageCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DeregisterImageCommand,
  DisableImageCommand,
  DisableImageDeprecationCommand,
  EnableImageCommand,
  EnableImageDeprecationCommand,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
  RestoreImageFromRecycleBinCommand,
} from '@aws-sdk/client-ec2';
import { type ImageState, imageLooks, missing, organizationArn, unitArn } from './image-looks.ts';
import type { Kind } from './kind.ts';
import { Known } from './known.ts';
import { type Actor, pickOf, refused, type Thing, untilAvailable, type World } from './world.ts';

/** As late as public images may have it. */
const deprecateAt = new Date(Date.now() + 300 * 24 * 3600 * 1000);

const own = (world: World, actor: Actor) =>
  world.of<Thing<ImageState>>(images).filter(({ writer }) => writer === actor);

function isTaken(world: World, actor: Actor, name: string): boolean {
  return own(world, actor).some(
    ({ known: { now } }) => now.name === name && now.state !== 'deregistered',
  );
}

/** From the account's snapshot, or as a copy, under a new name or one that it had before. */
async function make(actor: Actor, world: World, pick: number) {
  const { account, ec2 } = actor;
  const before = own(world, actor);
  const name =
    pick % 3 === 0 && before.length > 0 ? pickOf(before, pick).known.now.name : actor.name();
  const description = 'as it was made';
  const source = before.find(({ known }) => known.now.state === 'available')?.id;
  const order =
    pick % 4 === 0 && source
      ? ec2.send(
          new CopyImageCommand({
            Name: name,
            Description: description,
            SourceImageId: source,
            SourceRegion: 'us-east-1',
          }),
        )
      : ec2.send(registration(name, description, account.snapshotId));
  if (isTaken(world, actor, name)) {
    await refused('a name that is taken', order, 'InvalidAMIName.Duplicate');
    return undefined;
  }
  const { ImageId: id = '' } = await order;
  await untilAvailable(ec2, id);
  const state: ImageState = {
    state: 'available',
    before: 'available',
    name,
    description,
    permissions: [],
    deprecated: false,
    tag: undefined,
  };
  return { id, writer: actor, known: new Known(state) };
}

export function registration(Name: string, Description: string, SnapshotId: string) {
  return new RegisterImageCommand({
    Name,
    Description,
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    RootDeviceName: '/dev/sda1',
    BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId } }],
  });
}

/** Whom it is, or is no longer, shared with. */
function permissionFor({ world, pick }: { world: World; pick: number }): string {
  const accounts = world.accounts.map(({ id }) => id);
  return pickOf([...accounts, 'all', organizationArn, unitArn], pick);
}

function launchPermission(permission: string) {
  if (permission === 'all') return { Group: 'all' as const };
  if (permission === organizationArn) return { OrganizationArn: permission };
  return permission === unitArn ? { OrganizationalUnitArn: permission } : { UserId: permission };
}

/** What only an available one becomes. */
function available(state: ImageState, change: Partial<ImageState>): ImageState | string {
  return state.state === 'disabled' ? 'InvalidAMIID.Unavailable' : there(state, change);
}

function there(state: ImageState, change: Partial<ImageState>): ImageState | string {
  return state.state === 'deregistered' ? missing : { ...state, ...change };
}

const changes: Kind<ImageState>['changes'] = {
  share: {
    becomes(state, by) {
      const permissions = new Set([...state.permissions, permissionFor(by)]);
      return available(state, { permissions: [...permissions] });
    },
    send(ec2, ImageId, by) {
      const LaunchPermission = { Add: [launchPermission(permissionFor(by))] };
      return ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
    },
  },
  unshare: {
    becomes(state, by) {
      const gone = permissionFor(by);
      return available(state, { permissions: state.permissions.filter((each) => each !== gone) });
    },
    send(ec2, ImageId, by) {
      const LaunchPermission = { Remove: [launchPermission(permissionFor(by))] };
      return ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
    },
  },
  'describe anew': {
    becomes: (state, { pick }) => available(state, { description: `as of ${pick}` }),
    send: (ec2, ImageId, { pick }) =>
      ec2.send(
        new ModifyImageAttributeCommand({ ImageId, Description: { Value: `as of ${pick}` } }),
      ),
  },
  disable: {
    becomes: (state) => there(state, { state: 'disabled', permissions: [] }),
    send: (ec2, ImageId) => ec2.send(new DisableImageCommand({ ImageId })),
  },
  enable: {
    becomes: (state) => there(state, { state: 'available' }),
    send: (ec2, ImageId) => ec2.send(new EnableImageCommand({ ImageId })),
  },
  deprecate: {
    becomes: (state) => there(state, { deprecated: true }),
    send: (ec2, ImageId) =>
      ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: deprecateAt })),
  },
  'no longer deprecate': {
    becomes: (state) => there(state, { deprecated: false }),
    send: (ec2, ImageId) => ec2.send(new DisableImageDeprecationCommand({ ImageId })),
  },
  tag: {
    becomes: (state, { pick }) => there(state, { tag: String(pick) }),
    send: (ec2, id, { pick }) =>
      ec2.send(
        new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'tag', Value: String(pick) }] }),
      ),
  },
  untag: {
    becomes: (state) => there(state, { tag: undefined }),
    send: (ec2, id) => ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: 'tag' }] })),
  },
  deregister: {
    becomes: (state) =>
      state.state === 'deregistered'
        ? missing
        : { ...state, state: 'deregistered', before: state.state },
    send: (ec2, ImageId) => ec2.send(new DeregisterImageCommand({ ImageId })),
  },
  restore: {
    becomes(state, { actor, world }) {
      if (state.state !== 'deregistered' || !actor.account.keepsDeleted) return missing;
      if (isTaken(world, actor, state.name)) return 'InvalidAMIName.Duplicate';
      return { ...state, state: state.before };
    },
    send: (ec2, ImageId) => ec2.send(new RestoreImageFromRecycleBinCommand({ ImageId })),
  },
};

export const images: Kind<ImageState> = {
  name: 'image',
  most: 2,
  make,
  changes,
  looks: imageLooks,
};
