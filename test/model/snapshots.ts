/** Snapshots: shared, thrown away, taken back. */
import {
  CopySnapshotCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DescribeSnapshotsCommand,
  ModifySnapshotAttributeCommand,
  RestoreSnapshotFromRecycleBinCommand,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { byId, type Kind } from './kind.ts';
import { Known } from './known.ts';
import { type Actor, answered, pickOf, snapshotOf, soon, type World } from './world.ts';

interface SnapshotState {
  isThere: boolean;
  permissions: readonly string[];
  tag: string | undefined;
}

const missing = 'InvalidSnapshot.NotFound';

/** Of the account's volume, or a copy of what it has. */
async function make(actor: Actor, _: World, pick: number) {
  const { account, ec2 } = actor;
  let id = '';
  if (pick % 4 === 0) {
    id = await snapshotOf(account);
  } else {
    const order = { SourceRegion: 'us-east-1', SourceSnapshotId: account.snapshotId };
    id = (await ec2.send(new CopySnapshotCommand(order))).SnapshotId ?? '';
    await waitUntilSnapshotCompleted(soon(ec2), { SnapshotIds: [id] });
  }
  const first: SnapshotState = { isThere: true, permissions: [], tag: undefined };
  return { id, writer: actor, known: new Known(first) };
}

async function look(id: string, { ec2 }: Actor) {
  const asked = new DescribeSnapshotsCommand({ SnapshotIds: [id] });
  const answer = await answered(ec2.send(asked));
  if (typeof answer === 'string') return answer;
  const [{ State, Tags = [] } = {}] = answer.Snapshots ?? [];
  return { State, tag: Tags.find(({ Key }) => Key === 'tag')?.Value };
}

/** Whom it is, or is no longer, shared with. */
function permissionFor({ world, pick }: { world: World; pick: number }): string {
  return pickOf([...world.accounts.map(({ id }) => id), 'all'], pick);
}

function permission(to: string) {
  return [to === 'all' ? { Group: 'all' as const } : { UserId: to }];
}

function there(state: SnapshotState, change: Partial<SnapshotState>): SnapshotState | string {
  return state.isThere ? { ...state, ...change } : missing;
}

export const snapshots: Kind<SnapshotState> = {
  name: 'snapshot',
  most: 2,
  make,
  changes: {
    share: {
      becomes(state, by) {
        const permissions = new Set([...state.permissions, permissionFor(by)]);
        return there(state, { permissions: [...permissions] });
      },
      send(ec2, SnapshotId, by) {
        const CreateVolumePermission = { Add: permission(permissionFor(by)) };
        return ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission }));
      },
    },
    unshare: {
      becomes(state, by) {
        const gone = permissionFor(by);
        return there(state, { permissions: state.permissions.filter((each) => each !== gone) });
      },
      send(ec2, SnapshotId, by) {
        const CreateVolumePermission = { Remove: permission(permissionFor(by)) };
        return ec2.send(new ModifySnapshotAttributeCommand({ SnapshotId, CreateVolumePermission }));
      },
    },
    tag: {
      becomes: (state, { pick }) => there(state, { tag: String(pick) }),
      send: (ec2, id, { pick }) =>
        ec2.send(
          new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'tag', Value: String(pick) }] }),
        ),
    },
    delete: {
      becomes: (state) => there(state, { isThere: false }),
      send: (ec2, SnapshotId) => ec2.send(new DeleteSnapshotCommand({ SnapshotId })),
    },
    restore: {
      becomes: (state, { actor }) =>
        !state.isThere && actor.account.keepsDeleted ? { ...state, isThere: true } : missing,
      send: (ec2, SnapshotId) => ec2.send(new RestoreSnapshotFromRecycleBinCommand({ SnapshotId })),
    },
  },
  looks: [
    {
      name: 'describe',
      ask: byId(look),
      tells({ isThere, permissions, tag }, { writer }, { account }) {
        const isOwn = writer.account === account;
        const isShown = isOwn || permissions.includes(account.id) || permissions.includes('all');
        if (!isThere || !isShown) return missing;
        return { State: 'completed', tag: isOwn ? tag : undefined };
      },
    },
  ],
};
