/**
 * Volumes made by themselves: empty, of a snapshot, of another volume (copy-volumes.ts). Nothing is
 * copied and no file is made: a volume is its row until a machine has it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { VolumeFigures, VolumeRow } from '../catalog/rows/volume.ts';
import { type EncryptionRequest, volumeEncryption } from './ebs-encryption.ts';
import { fastRestored } from './fast-restores.ts';
import type { KeyMaking } from './kms-keys.ts';
import { productCodesOf } from './product-codes.ts';
import { zoneIdOf } from './regions.ts';
import { type Site, zonesOf } from './site.ts';
import { type CompletedSnapshot, completed, requiredSnapshot } from './snapshots.ts';
import type { Viewer } from './viewer.ts';
import { checkedFigures, defaultVolumeType } from './volume-types.ts';

export interface VolumeOrder extends Partial<VolumeFigures>, EncryptionRequest {
  snapshotId?: string;
  availabilityZone?: string;
  availabilityZoneId?: string;
  tags: Tags;
}

interface VolumePlace extends KeyMaking {
  site: Site;
}

export async function newVolume(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: VolumeOrder,
  { site, ...making }: VolumePlace,
): Promise<VolumeRow> {
  const { snapshotId, iops, throughputMiBps, volumeType = defaultVolumeType, tags } = order;
  const availabilityZone = requiredZone(site, viewer.region, order);
  const snapshot =
    snapshotId === undefined
      ? undefined
      : completed(await requiredSnapshot(transaction, viewer, snapshotId));
  const sizeGiB = sizeOf(order, snapshot);
  return {
    id: making.ids.resource('vol'),
    account: viewer.account,
    region: viewer.region,
    createdAt: making.clock.now().toISOString(),
    host: site.hostId,
    state: 'available',
    ...checkedFigures({ sizeGiB, volumeType, iops, throughputMiBps }),
    availabilityZone,
    ...(await volumeEncryption(transaction, viewer, order, snapshot, making)),
    ...(snapshot && {
      snapshotId: snapshot.id,
      ...(await fastRestored(transaction, viewer, snapshot, availabilityZone)),
      ...productCodesOf(snapshot),
    }),
    layers: [{ number: 0, fresh: true }],
    nextLayer: 1,
    tags,
  };
}

function requiredZone(
  site: Site,
  region: string,
  { availabilityZone: name, availabilityZoneId: id }: VolumeOrder,
): string {
  if (name !== undefined && id !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'A zone is named by AvailabilityZone or by AvailabilityZoneId, not by both.',
    );
  }
  if (name === undefined && id === undefined) {
    throw new ServiceError(
      'MissingParameter',
      'The request must contain the parameter AvailabilityZone or AvailabilityZoneId.',
    );
  }
  const zones = zonesOf(site, region);
  const zone = zones.find((each) => each === name || zoneIdOf(each) === id);
  if (zone !== undefined) return zone;
  throw new ServiceError(
    'InvalidZone.NotFound',
    `The zone '${name ?? id}' does not exist. There are: ${zones.join(', ')}.`,
  );
}

function sizeOf({ sizeGiB }: VolumeOrder, snapshot: CompletedSnapshot | undefined): number {
  const least = snapshot?.volumeSizeGiB;
  const size = sizeGiB ?? least;
  if (size === undefined) {
    throw new ServiceError(
      'MissingParameter',
      'The request must contain the parameter Size or SnapshotId.',
    );
  }
  if (least === undefined || size >= least) return size;
  throw new ServiceError(
    'InvalidParameterValue',
    `The volume size ${size}GiB is smaller than that of the snapshot '${snapshot?.id}': ${least}GiB.`,
  );
}
