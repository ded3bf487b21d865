/**
 * How a push begins at the remote: a snapshot there of each of its own, over the newest of the volume
 * that both have. What is about to be started is written down before it is, so that all of it is
 * found again, to go on or to be taken away.
 */
import { createHash } from 'node:crypto';
import type { PushedSnapshot } from '../domain/backups/pushed-backup.ts';
import { forgetCopy, type KnownParent, parentOf } from '../domain/backups/remote-copies.ts';
import type { PushInput } from '../domain/backups/remote-transfers.ts';
import { type FarStart, type FarStarted, isNotThere } from '../remotes/ebs-direct.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';
import { keepCheckpoint } from './import-disk.ts';
import { type Begun, differences } from './push-blocks.ts';
import { takeAway, withRemote } from './remote-work.ts';
import type { StepContext } from './task.ts';

type Context = StepContext<PushInput, { look?: { thereId?: string } }>;

/** Of each snapshot: over what it is about to be started there, written down before it is. */
type Intents = Record<string, { parent?: KnownParent }>;

export async function startFar(context: Context): Promise<Begun[]> {
  const { input, services, task, outputs } = context;
  if (outputs.look?.thereId !== undefined) return [];
  return withRemote(context, async (remote) => {
    const row = await services.catalog.read(({ tasks }) => tasks.get(task.id));
    const intents = { ...(row?.checkpoint as Intents | undefined) };
    const begun: Begun[] = [];
    for (const snapshot of input.snapshots) {
      const started = await startOne(context, remote, snapshot, intents);
      let blocks = 0;
      for await (const _ of differences(context.services, snapshot, started.parent)) blocks++;
      begun.push({ ...started, blocks });
    }
    return begun;
  });
}

/** Over the newest that is there still; the same request is answered with the same snapshot. */
async function startOne(
  { services, task, input }: Context,
  { ebs }: OpenRemote,
  snapshot: PushedSnapshot,
  intents: Intents,
): Promise<FarStarted & { parent?: KnownParent }> {
  const { transferId, remoteId } = input;
  const { snapshotId } = snapshot;
  for (;;) {
    let intent = intents[snapshotId];
    if (!intent) {
      const parent = await services.catalog.read((reader) => parentOf(reader, remoteId, snapshot));
      intent = parent ? { parent } : {};
      intents[snapshotId] = intent;
      await keepCheckpoint(services, task, { ...intents });
    }
    const { parent } = intent;
    try {
      return { ...(await ebs.start(farStart(transferId, snapshot, parent))), ...intent };
    } catch (error) {
      if (!parent || !isNotThere(error)) throw error;
      delete intents[snapshotId];
      await services.catalog.write((transaction) =>
        forgetCopy(transaction, remoteId, parent.snapshotId),
      );
    }
  }
}

function farStart(
  transferId: string,
  { snapshotId, volumeSizeGiB, encryption }: PushedSnapshot,
  parent: KnownParent | undefined,
): FarStart {
  const clientToken = createHash('sha256')
    .update([transferId, snapshotId, parent?.farId].join(' '))
    .digest('hex');
  return {
    ...{ volumeSizeGiB, clientToken, description: `Copy of ${snapshotId} by Imago` },
    ...(parent && { parentId: parent.farId }),
    // One with a parent is as that is.
    ...(encryption && !parent && { encrypted: true as const }),
  };
}

/** Where it is not known which snapshots were started, the same requests tell. */
export async function takeAwayFar({
  outputs,
  ...context
}: StepContext<PushInput, { start?: Begun[] }>) {
  const { services, task, input } = context;
  const row = await services.catalog.read(({ tasks }) => tasks.get(task.id));
  const intents = (row?.checkpoint ?? {}) as Intents;
  const puts = input.snapshots.flatMap((snapshot, index) => {
    const known = outputs.start?.[index]?.farId;
    const intent = intents[snapshot.snapshotId];
    if (known === undefined && !intent) return [];
    const begunAgain = async ({ ebs }: OpenRemote) =>
      (await ebs.start(farStart(input.transferId, snapshot, intent?.parent))).farId;
    const name = known ?? `a copy of ${snapshot.snapshotId}`;
    const remove = async (remote: OpenRemote) =>
      remote.ec2.deleteSnapshot(known ?? (await begunAgain(remote)));
    return [{ name, remove }];
  });
  await takeAway(context, puts);
}
