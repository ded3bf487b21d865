/** What of an image is told to whom: in which state, under which name, with whose tags. */
import {
  DescribeImagesCommand,
  type Image,
  ListImagesInRecycleBinCommand,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Look } from './kind.ts';
import { type Account, type Actor, answered, organization, type Thing, unit } from './world.ts';

export interface ImageState {
  state: 'available' | 'disabled' | 'deregistered';
  /** What a restored one is again. */
  before: 'available' | 'disabled';
  name: string;
  description: string;
  permissions: readonly string[];
  deprecated: boolean;
  tag: string | undefined;
}

export const missing = 'InvalidAMIID.NotFound';
const arn = 'arn:aws:organizations::111122223333';
export const organizationArn = `${arn}:organization/${organization}`;
export const unitArn = `${arn}:ou/${organization}/${unit}`;

function sees({ permissions }: ImageState, { writer }: Thing<ImageState>, { account }: Actor) {
  return writer.account === account || permissions.includes('all') || isNamed(permissions, account);
}

/** Other than with all. */
function isNamed(permissions: readonly string[], { id, organizationPath = '' }: Account): boolean {
  return (
    permissions.includes(id) ||
    (permissions.includes(organizationArn) && organizationPath !== '') ||
    (permissions.includes(unitArn) && organizationPath.includes(unit))
  );
}

function told(image: Image) {
  const { Name, Description, State, Public, DeprecationTime, Tags = [] } = image;
  const tag = Tags.find(({ Key }) => Key === 'tag')?.Value;
  return { Name, Description, State, Public, deprecated: DeprecationTime !== undefined, tag };
}

function shape(state: ImageState, { writer }: Thing<ImageState>, { account }: Actor) {
  return {
    Name: state.name,
    Description: state.description,
    State: state.state,
    Public: state.permissions.includes('all'),
    deprecated: state.deprecated,
    tag: writer.account === account ? state.tag : undefined,
  };
}

async function byIds(things: readonly Thing<ImageState>[], { ec2 }: Actor) {
  const ImageIds = things.map(({ id }) => id);
  const asked = { ImageIds, IncludeDeprecated: true, IncludeDisabled: true };
  const answer = await answered(ec2.send(new DescribeImagesCommand(asked)));
  const [image] = typeof answer === 'string' ? [] : (answer.Images ?? []);
  return new Map(
    ImageIds.map((id) => [id, image ? told(image) : typeof answer === 'string' ? answer : 'none']),
  );
}

/** What was seen when it was deregistered is answered with nothing, not as unknown. */
const described: Look<ImageState> = {
  name: 'describe',
  ask: byIds,
  tells(state, thing, reader) {
    if (!sees(state, thing, reader)) return missing;
    return state.state === 'deregistered' ? 'none' : shape(state, thing, reader);
  },
};

const ofOwner =
  (more: object) =>
  async (things: readonly Thing<ImageState>[], { ec2 }: Actor) => {
    const Owners = [things[0]?.writer.account.id ?? ''];
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners, ...more }));
    return new Map(Images.map((image) => [image.ImageId ?? '', told(image)]));
  };

const ofOneAccount = (things: readonly Thing<ImageState>[], { writer }: Thing<ImageState>) =>
  things.filter((each) => each.writer.account === writer.account);

const listed: Look<ImageState> = {
  name: 'list an account’s',
  at: ofOneAccount,
  ask: ofOwner({}),
  tells: (state, thing, reader) =>
    state.state === 'available' && sees(state, thing, reader)
      ? shape(state, thing, reader)
      : undefined,
};

const executable: Look<ImageState> = {
  name: 'list, as shared with itself, an account’s',
  at: ofOneAccount,
  ask: ofOwner({ ExecutableUsers: ['self'], IncludeDisabled: true }),
  tells: (state, thing, reader) =>
    state.state !== 'deregistered' && isNamed(state.permissions, reader.account)
      ? shape(state, thing, reader)
      : undefined,
};

const launched: Look<ImageState> = {
  name: 'try to launch',
  async ask([thing], { ec2 }) {
    const ImageId = thing?.id;
    const tried = new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, DryRun: true });
    return new Map([[ImageId ?? '', await answered(ec2.send(tried))]]);
  },
  tells(state, thing, reader) {
    if (state.state === 'deregistered' || !sees(state, thing, reader)) {
      return missing;
    }
    return state.state === 'disabled' ? 'InvalidAMIID.Unavailable' : 'DryRunOperation';
  },
};

/** By who may not. */
const modified: Look<ImageState> = {
  name: 'try to take',
  at: (_, one) => [one],
  async ask([thing], { account, ec2 }) {
    const ImageId = thing?.id;
    if (thing?.writer.account === account) return new Map([[thing.id, 'own']]);
    const wanted = { ImageId, LaunchPermission: { Add: [{ UserId: account.id }] } };
    const answer = await answered(ec2.send(new ModifyImageAttributeCommand(wanted)));
    return new Map([[ImageId ?? '', answer]]);
  },
  tells(state, thing, reader) {
    if (thing.writer.account === reader.account) return 'own';
    const isThere = state.state !== 'deregistered' && sees(state, thing, reader);
    return isThere ? 'AuthFailure' : missing;
  },
};

/** Of the account itself only. */
const recycled: Look<ImageState> = {
  name: 'look into the recycle bin for',
  at: ofOneAccount,
  async ask(_, { ec2 }) {
    const { Images = [] } = await ec2.send(new ListImagesInRecycleBinCommand({}));
    return new Map(Images.map(({ ImageId = '', Name }) => [ImageId, Name]));
  },
  tells(state, { writer }, { account }) {
    const isIn = state.state === 'deregistered' && writer.account === account;
    return isIn && account.keepsDeleted ? state.name : undefined;
  },
};

export const imageLooks = [described, listed, executable, launched, modified, recycled];
