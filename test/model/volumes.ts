/** Volumes that nobody has attached: made, grown, tagged, deleted. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ModifyVolumeCommand,
} from '@aws-sdk/client-ec2';
import { byId, type Kind } from './kind.ts';
import { Known } from './known.ts';
import { type Actor, answered, type World } from './world.ts';

interface VolumeState {
  isThere: boolean;
  sizeGiB: number;
  modifications: number;
  tag: string | undefined;
}

const missing = 'InvalidVolume.NotFound';
/** Within a day. */
const modificationsMax = 4;

/** Empty, or of the account's snapshot. */
async function make({ account, ec2 }: Actor, _: World, pick: number) {
  const AvailabilityZone = 'us-east-1a';
  const of = pick % 2 === 0 ? { Size: 1 } : { SnapshotId: account.snapshotId };
  const made = await ec2.send(new CreateVolumeCommand({ AvailabilityZone, ...of }));
  const { VolumeId: id = '', Size: sizeGiB = 0 } = made;
  return { id, sizeGiB };
}

async function look(id: string, { ec2 }: Pick<Actor, 'ec2'>) {
  const answer = await answered(ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })));
  if (typeof answer === 'string') return answer;
  const [{ State, Size, Tags = [] } = {}] = answer.Volumes ?? [];
  // It is on its way.
  if (State === 'deleting') return missing;
  return { State, Size, tag: Tags.find(({ Key }) => Key === 'tag')?.Value };
}

/** And is gone. */
async function deleteOne(ec2: EC2Client, VolumeId: string): Promise<void> {
  await ec2.send(new DeleteVolumeCommand({ VolumeId }));
  const asked = new DescribeVolumesCommand({ VolumeIds: [VolumeId] });
  while (typeof (await answered(ec2.send(asked))) !== 'string') await delay(50);
}

export const volumes: Kind<VolumeState> = {
  name: 'volume',
  most: 3,
  async make(actor, world, pick) {
    const { id, sizeGiB } = await make(actor, world, pick);
    const first: VolumeState = { isThere: true, sizeGiB, modifications: 0, tag: undefined };
    return { id, writer: actor, known: new Known(first) };
  },
  changes: {
    grow: {
      becomes(state) {
        const { isThere, sizeGiB, modifications } = state;
        if (!isThere) return missing;
        if (modifications === modificationsMax) return 'VolumeModificationRateExceeded';
        return { ...state, sizeGiB: sizeGiB + 1, modifications: modifications + 1 };
      },
      // Where it may, the model has grown already.
      send: (ec2, VolumeId, { thing }) =>
        ec2.send(new ModifyVolumeCommand({ VolumeId, Size: thing.known.now.sizeGiB })),
    },
    shrink: {
      becomes(state) {
        if (!state.isThere) return missing;
        const isTooOften = state.modifications === modificationsMax;
        return isTooOften ? 'VolumeModificationRateExceeded' : 'InvalidParameterValue';
      },
      send: (ec2, VolumeId) => ec2.send(new ModifyVolumeCommand({ VolumeId, Size: 0 })),
    },
    tag: {
      becomes: (state, { pick }) => (state.isThere ? { ...state, tag: String(pick) } : missing),
      send: (ec2, id, { pick }) =>
        ec2.send(
          new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'tag', Value: String(pick) }] }),
        ),
    },
    delete: {
      becomes: (state) => (state.isThere ? { ...state, isThere: false } : missing),
      send: deleteOne,
    },
  },
  looks: [
    {
      name: 'describe',
      ask: byId(look),
      tells({ isThere, sizeGiB, tag }, { writer }, { account }) {
        if (!isThere || writer.account !== account) return missing;
        return { State: 'available', Size: sizeGiB, tag };
      },
    },
  ],
};
