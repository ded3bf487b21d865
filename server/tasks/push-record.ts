/**
 * The other end is told what a backup that was sent is of: another Imago all of it, so that it is
 * restored there as it would be here; AWS, and an older Imago, by tags. Tags of users go along, those
 * of images as they are registered, those of snapshots here. Where that is refused the blocks are
 * there all the same, and the transfer says so.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { type BackupRecord, recordOf } from '../domain/backups/backup-record.ts';
import { pushedTags, recordTags } from '../domain/backups/record-tags.ts';
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
  if (outputs.start.length === 0) return {};
  const told = await services.catalog.read((reader) => whatToTell(reader, input, outputs));
  return withRemote(context, async (remote) => {
    for (const { farId, record, tags } of told) {
      try {
        if (Object.keys(tags).length > 0) await remote.ec2.createTags(farId, tags);
        if (Object.keys(record).length > 0) await tell(remote, farId, record);
      } catch (error) {
        if (!(error instanceof FarError)) throw error;
        return { message: `It is there, but not what it is a backup of: ${error.message}` };
      }
    }
    return {};
  });
}

interface Told {
  farId: string;
  record: BackupRecord;
  tags: Tags;
}

async function whatToTell(
  { images, snapshots }: CatalogReader,
  { imageId, snapshots: pushed }: PushInput,
  { start, register }: Context['outputs'],
): Promise<Told[]> {
  const told: Told[] = [];
  for (const [number, { snapshotId, record = {} }] of pushed.entries()) {
    const row = await snapshots.get(snapshotId);
    told.push({ farId: start[number]?.farId ?? '', record, tags: row ? pushedTags(row) : {} });
  }
  const { imageId: farId } = register;
  const image = imageId === undefined ? undefined : await images.get(imageId);
  if (image && farId !== undefined) told.push({ farId, record: recordOf(image), tags: {} });
  return told;
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
  await ec2.createTags(farId, recordTags(record));
}
