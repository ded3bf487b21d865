/**
 * PushBackup: a backup is sent to a remote by the EBS direct APIs. Only blocks that differ from what
 * the remote has of the volume are sent, over that; each of them is read back once all is there, and
 * only then an image is made of it and it is on record as sent. Encrypted blocks are opened here and
 * encrypted there, by the remote's own key: keys stay where they are.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readBlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes, digestOf, zeroBlock } from '../blocks/block-store.ts';
import { copyOfTag, pushedTags } from '../domain/backups/record-tags.ts';
import { completeTransfer, type PushInput } from '../domain/backups/remote-transfers.ts';
import { systemOf } from '../domain/images.ts';
import { gibBytes } from '../foundations/sizes.ts';
import type { FarRegistration } from '../remotes/ec2-query.ts';
import { FarError } from '../remotes/far-client.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';
import {
  type Begun,
  type Difference,
  differences,
  eachBlock,
  found,
  inOrder,
  joined,
  PlainBlocks,
  zeroDigest,
} from './push-blocks.ts';
import { rememberFar } from './push-record.ts';
import { startFar, takeAwayFar } from './push-start.ts';
import { endAsFailed, refused, takeAway, withRemote } from './remote-work.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';

interface Outputs {
  /** Absent in a push that an older Imago began. */
  look?: { thereId?: string };
  start: Begun[];
  put: null;
  complete: null;
  verify: null;
  register: { imageId?: string };
  remember: { message?: string };
  record: null;
}

type Context = StepContext<PushInput, Outputs>;

const completionEveryMs = 1000;
/** Longer than EBS takes for its largest. */
const completionMaxMs = 24 * 60 * 60_000;

export const pushBackup = defineTask<PushInput, Outputs>({
  kind: 'push-backup',
  steps: [
    { name: 'look', run: look },
    { name: 'start', run: startFar, undo: takeAwayFar },
    { name: 'put', run: put },
    { name: 'complete', run: complete },
    { name: 'verify', run: verify },
    { name: 'register', run: register, undo: deregister },
    { name: 'remember', run: rememberFar },
    { name: 'record', run: record },
  ],
  failed: endAsFailed,
});

/** What came from elsewhere is not sent for a tag to where it is already. */
async function look(context: Context): Promise<{ thereId?: string }> {
  const { copyOf } = context.input;
  if (copyOf === undefined) return {};
  const thereId = await withRemote(context, ({ ec2 }) => ec2.idOrTagged(copyOf, copyOfTag));
  return thereId === undefined ? {} : { thereId };
}

async function put(context: Context): Promise<null> {
  return withRemote(context, async ({ ebs }) => {
    await eachBlock(context, async (snapshot, { farId, parent, takesZstd }, from, done) => {
      const plain = await PlainBlocks.of(context.services, snapshot);
      const rest = differences(context.services, snapshot, parent, from);
      await inOrder(
        rest,
        async ({ index, digest }) => {
          await ebs.put(farId, index, { ...(await plain.get(digest)), asZstd: takesZstd });
        },
        done,
      );
    });
    return null;
  });
}

async function complete(context: Context): Promise<null> {
  const { services, input, outputs, signal } = context;
  return withRemote(context, async ({ ebs, ec2 }) => {
    for (const [number, snapshot] of input.snapshots.entries()) {
      const begun = outputs.start[number];
      if (!begun) continue;
      const { farId, parent, blocks } = begun;
      const linear = snapshot.encryption
        ? undefined
        : await linearChecksum(differences(services, snapshot, parent));
      let state: string;
      try {
        state = await ebs.complete(farId, blocks, linear);
      } catch (error) {
        // Completed already, and the answer was lost.
        if (!(error instanceof FarError) || error.code !== 'ValidationException') throw error;
        state = (await ec2.snapshot(farId)).state;
        if (state !== 'completed' && state !== 'pending') throw error;
        if (state === 'pending' && !/being completed/.test(error.message)) throw error;
      }
      const untilMs = services.clock.monotonicMs() + completionMaxMs;
      while (state !== 'completed') {
        if (services.clock.monotonicMs() > untilMs) throw refused(`${farId} stays ${state} there`);
        if (state !== 'pending') throw refused(`${farId} ends as ${state} there`);
        await delay(completionEveryMs, undefined, { signal });
        state = (await ec2.snapshot(farId)).state;
      }
    }
    return null;
  });
}

async function linearChecksum(all: AsyncIterable<Difference>): Promise<string> {
  const hash = createHash('sha256');
  for await (const { digest } of all) hash.update(digest ?? zeroDigest, 'hex');
  return hash.digest('base64');
}

/** What the remote has is read back: all that was put, and nothing else differs. */
async function verify(context: Context): Promise<null> {
  const { services } = context;
  return withRemote(context, async ({ ebs }) => {
    await eachBlock(context, async (snapshot, { farId, parent }, from, done) => {
      const plain = await PlainBlocks.of(services, snapshot);
      const map = await readBlockMap(services.blocks.of(snapshot.region), snapshot.root);
      const wanted = differences(services, snapshot, parent, from);
      const listed = ebs.blocks(farId, from, parent?.farId);
      const endIndex = (snapshot.volumeSizeGiB * gibBytes) / blockSizeBytes;
      const differs = (index: number) =>
        refused(`block ${index} of ${farId} is not the one that was sent`);
      // Sealed by another key here, a block may be named otherwise and be the same.
      const all = parent
        ? found(joined(wanted, listed), ebs.blocks(farId, from))
        : joined(wanted, listed);
      await inOrder(
        all,
        async ({ index, far }) => {
          if (index >= endIndex) throw differs(index);
          const digest = index < map.blockCount ? await map.lookup(index) : null;
          const is = far?.token === undefined ? zeroBlock : await ebs.get(farId, far);
          if (digestOf(is) !== (await plain.digestOf(digest))) throw differs(index);
        },
        done,
      );
    });
    return null;
  });
}

async function register(context: Context): Promise<{ imageId?: string }> {
  const { services, input, outputs } = context;
  const { imageId } = input;
  if (imageId === undefined || outputs.look?.thereId !== undefined) return {};
  const image = await services.catalog.read(({ images }) => images.get(imageId));
  if (!image) {
    throw new TaskFailure('Client.UserInitiated', `Client.UserInitiated: ${imageId} is gone.`);
  }
  const { platform: _, enaSupport, ...system } = systemOf(image);
  const wanted: FarRegistration = {
    ...system,
    enaSupport: enaSupport ?? false,
    name: image.name,
    description: image.description,
    mappings: image.blockDeviceMappings.map(({ deviceName, ebs }) => ({
      deviceName,
      ...farSnapshotOf(context, ebs.snapshotId),
      volumeSizeGiB: ebs.volumeSizeGiB,
      deleteOnTermination: ebs.deleteOnTermination,
      volumeType: ebs.volumeType,
      ...(ebs.iops !== undefined && { iops: ebs.iops }),
      ...(ebs.throughputMiBps !== undefined && { throughputMiBps: ebs.throughputMiBps }),
    })),
    tags: pushedTags(image),
  };
  return withRemote(context, async (remote) => ({ imageId: await registered(remote, wanted) }));
}

function farSnapshotOf({ input, outputs }: Context, snapshotId: string | undefined) {
  const number = input.snapshots.findIndex((each) => each.snapshotId === snapshotId);
  const farId = outputs.start[number]?.farId;
  return farId === undefined ? {} : { snapshotId: farId };
}

/** A name is there once: one that has our snapshots was made by a try whose answer was lost. */
async function registered({ ec2 }: OpenRemote, wanted: FarRegistration): Promise<string> {
  try {
    return await ec2.register(wanted);
  } catch (error) {
    if (!(error instanceof FarError)) throw error;
    const tagsRefused = /^(UnauthorizedOperation|AccessDenied)/.test(error.code);
    if (tagsRefused && Object.keys(wanted.tags).length > 0) {
      return registered({ ec2 } as OpenRemote, { ...wanted, tags: {} });
    }
    if (error.code !== 'InvalidAMIName.Duplicate') throw error;
    const imageId = await ec2.imageIdByName(wanted.name);
    const made = imageId === undefined ? undefined : await ec2.image(imageId);
    const root = ({
      rootDeviceName,
      mappings,
    }: Pick<FarRegistration, 'rootDeviceName' | 'mappings'>) =>
      mappings.find(({ deviceName }) => deviceName === rootDeviceName)?.snapshotId;
    if (imageId !== undefined && made && root(made) === root(wanted)) return imageId;
    throw error;
  }
}

async function record(context: Context): Promise<null> {
  const { services, input, outputs } = context;
  const { thereId } = outputs.look ?? {};
  if (thereId !== undefined) {
    const localId = input.imageId ?? input.snapshots[0]?.snapshotId ?? '';
    const message = 'It is there already: it came from elsewhere.';
    const known = {
      madeId: thereId,
      message,
      copies: [{ localId, farId: thereId, notOver: true as const }],
    };
    await services.catalog.write((transaction) =>
      completeTransfer(transaction, input.transferId, known, services.clock.now()),
    );
    return null;
  }
  const { imageId: farImageId } = outputs.register;
  const copies = input.snapshots.map(({ snapshotId, lineage }, number) => ({
    localId: snapshotId,
    farId: outputs.start[number]?.farId ?? '',
    ...(lineage !== undefined && { lineage }),
  }));
  const ofImage =
    input.imageId !== undefined && farImageId !== undefined
      ? [{ localId: input.imageId, farId: farImageId }]
      : [];
  // Of a push that an older Imago began there is no such step.
  const { message } = outputs.remember ?? {};
  const madeId = farImageId ?? copies[0]?.farId ?? '';
  const made = { madeId, message, copies: [...copies, ...ofImage] };
  await services.catalog.write((transaction) =>
    completeTransfer(transaction, input.transferId, made, services.clock.now()),
  );
  return null;
}

/** Where the answer was lost, it is known by its snapshots: nobody else has those. */
async function deregister({ outputs, ...context }: StepContext<PushInput, Partial<Outputs>>) {
  const [first] = outputs.start ?? [];
  if (context.input.imageId === undefined || !first) return;
  const known = outputs.register?.imageId;
  const remove = async ({ ec2 }: OpenRemote) => {
    const imageId = known ?? (await ec2.imageIdBySnapshot(first.farId));
    if (imageId !== undefined) await ec2.deregister(imageId);
  };
  await takeAway(context, [{ name: known ?? `an image of ${first.farId}`, remove }]);
}
