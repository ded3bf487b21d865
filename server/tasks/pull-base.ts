/**
 * Over what a snapshot of a remote is fetched: one that both have and that it descends from, so that
 * only what differs comes over the line. It is a saving and no more: where the remote does not
 * compare the two, the next one is tried, and at last all is fetched.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import { remoteCopyId } from '../catalog/rows/remote.ts';
import {
  forgetCopy,
  type KnownParent,
  knownByFarId,
  knownOfLineage,
} from '../domain/backups/remote-copies.ts';
import { isNotThere } from '../remotes/ebs-direct.ts';
import { FarError } from '../remotes/far-client.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';
import type { TaskServices } from './task.ts';

export interface WantedBase {
  remoteId: string;
  farId: string;
  volumeSizeGiB: number;
  /** There; absent: it is of none. */
  volumeId?: string;
  /** Of which the image was made that it is of, and which disk it is there. */
  source?: { imageId: string; deviceName: string };
}

export async function pullBase(
  { catalog }: TaskServices,
  remote: OpenRemote,
  wanted: WantedBase,
): Promise<KnownParent | undefined> {
  for await (const base of candidates(catalog, remote, wanted)) {
    if (base.farId === wanted.farId) continue;
    try {
      await remote.ebs.blocks(wanted.farId, 0, base.farId).next();
      return base;
    } catch (error) {
      if (!(error instanceof FarError)) throw error;
      if (isNotThere(error)) {
        await catalog.write((transaction) =>
          forgetCopy(transaction, wanted.remoteId, base.snapshotId),
        );
      }
    }
  }
  return undefined;
}

/** The likeliest first. */
async function* candidates(
  catalog: TaskServices['catalog'],
  { ec2 }: OpenRemote,
  wanted: WantedBase,
): AsyncGenerator<KnownParent> {
  const { remoteId, farId, volumeId, volumeSizeGiB, source } = wanted;
  const lineages = await catalog.read(async (reader) => {
    // It was sent from here, of a volume of here.
    const sent = await knownByFarId(reader, remoteId, farId);
    return [volumeId && `far ${volumeId}`, sent?.lineage];
  });
  for (const lineage of lineages) {
    if (lineage === undefined) continue;
    yield* await catalog.read((reader) =>
      knownOfLineage(reader, remoteId, { lineage, volumeSizeGiB }),
    );
  }
  // Machines that were restored there are of volumes of their own, which began as what was sent.
  if (source) {
    const known = await catalog.read((reader) => ofSourceImage(reader, remoteId, source));
    if (known) yield known;
  }
  const firstId = volumeId && (await originOf(ec2, volumeId));
  const known = firstId && (await catalog.read((reader) => knownAs(reader, remoteId, firstId)));
  if (known) yield known;
}

async function ofSourceImage(
  reader: CatalogReader,
  remoteId: string,
  { imageId, deviceName }: NonNullable<WantedBase['source']>,
): Promise<KnownParent | undefined> {
  const copy = await knownByFarId(reader, remoteId, imageId);
  const image = copy && (await reader.images.get(copy.localId));
  const mapping = image?.blockDeviceMappings.find((each) => each.deviceName === deviceName);
  const snapshotId = mapping?.ebs.snapshotId;
  const disk =
    snapshotId === undefined
      ? undefined
      : await reader.remoteCopies.get(remoteCopyId(remoteId, snapshotId));
  return disk && knownAs(reader, remoteId, disk.farId);
}

async function knownAs(
  reader: CatalogReader,
  remoteId: string,
  farId: string,
): Promise<KnownParent | undefined> {
  const copy = await knownByFarId(reader, remoteId, farId);
  const row = copy && (await reader.snapshots.get(copy.localId));
  return row?.root === undefined
    ? undefined
    : { farId, snapshotId: row.id, region: row.region, root: row.root };
}

/** The key may lack what asks for it, and the volume may be gone. */
async function originOf(ec2: OpenRemote['ec2'], volumeId: string): Promise<string | undefined> {
  try {
    return await ec2.originOfVolume(volumeId);
  } catch (error) {
    if (error instanceof FarError) return undefined;
    throw error;
  }
}
