import { setTimeout as delay } from 'node:timers/promises';
import type {
  DescribeInstanceDriftRequest,
  DescribeInstanceDriftResult,
} from '../../../api/imago-differences.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { UnreadableContents } from '../../contents/bounded-reader.ts';
import { Qcow2Error } from '../../disk/qcow2-format.ts';
import { type LiveVolumes, volumesOfImage } from '../../domain/image-contents.ts';
import { differencesOf } from '../../inspection/image-differences.ts';
import type { LiveDisk, MappedDisk } from '../../inspection/inspector.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { mappedDisks } from '../requests/image-contents.ts';

/** All is in one answer: read again for a page it would be another state. */
const filesMax = 10_000;
/** What was being written when it was read is mostly whole a little later. */
const tries = 4;
const betweenMs = 400;

export const describeInstanceDrift: Operation<
  DescribeInstanceDriftRequest,
  DescribeInstanceDriftResult
> = {
  accepts: ['InstanceId'],
  async run({ InstanceId: instanceId }, context) {
    const { catalog, caller, clock } = context;
    for (let left = tries - 1; ; left--) {
      const volumes = await catalog.read((reader) =>
        volumesOfImage(reader, caller, instanceId, clock.now()),
      );
      try {
        return { ImageId: volumes.imageId, ...(await driftOf(context, volumes)) };
      } catch (error) {
        if (!isTorn(error)) throw error;
        if (left === 0 || !volumes.isLive) throw unreadable(instanceId, volumes, error);
      }
      await delay(betweenMs);
    }
  },
};

async function driftOf(context: OperationContext, { pairs }: LiveVolumes) {
  await using opened = new AsyncDisposableStack();
  const mapped = await mappedDisks(
    context,
    pairs.map(({ disk }) => disk),
  );
  const compared: { disk: MappedDisk; live: LiveDisk }[] = [];
  for (const [index, { volume }] of pairs.entries()) {
    const { id: volumeId, region, base, encryption } = volume;
    const numbers = volume.layers.map(({ number }) => number);
    const layers = await context.host.readLayers({ volumeId, encryption, layers: numbers });
    opened.defer(() => layers.close());
    const [below] = base ? await mappedDisks(context, [{ ...base, region }]) : [];
    const disk = mapped[index] as MappedDisk;
    compared.push({ disk, live: { layers, ...(below && { base: below }) } });
  }
  // Not before it is done are they closed.
  return await context.inspector.compareLive(compared, async (before, after, blocks) => {
    const found = await differencesOf(before, after, blocks, filesMax + 1);
    const Truncated = found.Files.length > filesMax;
    return { ...found, Files: found.Files.slice(0, filesMax), Truncated };
  });
}

/** What it is made of does not fit together, or is not there any more. */
function isTorn(error: unknown): error is Error {
  if (error instanceof UnreadableContents || error instanceof Qcow2Error) return true;
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function unreadable(instanceId: string, { isLive }: LiveVolumes, { message }: Error): ServiceError {
  const [code, why, advice] = isLive
    ? [
        'IncorrectInstanceState',
        `change while they are read (${message})`,
        'stop it, or make an image of it and compare that',
      ]
    : ['UnreadableImage', `cannot be read: ${message}`, 'check its file systems'];
  return new ServiceError(code, `The disks of ${instanceId} ${why}: ${advice}.`);
}
