/**
 * The other end is told what a backup that was sent is of: another Imago all of it, so that it is
 * restored there as it would be here; AWS, and an older Imago, by tags for people. Where that is
 * refused the blocks are there all the same, and the transfer says so.
 */
import { type BackupRecord, plainTags, recordOf } from '../domain/backups/backup-record.ts';
import type { PushInput } from '../domain/backups/remote-transfers.ts';
import { FarError } from '../remotes/far-client.ts';
import { isNoAction } from '../remotes/far-records.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';
import type { Begun } from './push-blocks.ts';
import { withRemote } from './remote-work.ts';
import type { StepContext } from './task.ts';

type Context = StepContext<PushInput, { start: Begun[]; register: { imageId?: string } }>;

export async function rememberFar(context: Context): Promise<{ message?: string }> {
  const { services, input, outputs } = context;
  const told: [farId: string, record: BackupRecord][] = input.snapshots.map(
    ({ record }, number) => [outputs.start[number]?.farId ?? '', record ?? {}],
  );
  const { imageId } = input;
  const farImageId = outputs.register.imageId;
  if (imageId !== undefined && farImageId !== undefined) {
    const image = await services.catalog.read(({ images }) => images.get(imageId));
    if (image) told.push([farImageId, recordOf(image)]);
  }
  return withRemote(context, async (remote) => {
    for (const [farId, record] of told) {
      if (Object.keys(record).length === 0) continue;
      try {
        await tell(remote, farId, record);
      } catch (error) {
        if (!(error instanceof FarError)) throw error;
        return { message: `It is there, but not what it is a backup of: ${error.message}` };
      }
    }
    return {};
  });
}

async function tell(
  { ec2, records }: OpenRemote,
  farId: string,
  record: BackupRecord,
): Promise<void> {
  try {
    if (records) return await records.put(farId, JSON.stringify(record));
  } catch (error) {
    if (!isNoAction(error)) throw error;
  }
  const tags = plainTags(record);
  if (Object.keys(tags).length > 0) await ec2.createTags(farId, tags);
}
