/**
 * Volumes and their layers. States:
 *
 *   RunInstances --> creating --machine runs--> in-use --instance terminated--> available
 *                        \-------------------------+--DeleteOnTermination--> deleting
 *   available --DeleteVolume--> deleting, or in the recycle bin (recycle-bin.ts)
 *   deleting --files gone--> (no row)
 *
 * The bytes of a volume are its layers over its base (catalog/rows/volume.ts). A capture cuts them:
 *   1 `withFreshLayer`: a new layer is written down above the others, before its file exists;
 *   2 a pivot makes the machine write there (or, without a machine, the file is made):
 *     `withSettledLayers`; one that failed is looked into: `reconciled`;
 *   3 what lies below the cut is uploaded as a snapshot and replaced by it: `rebased`.
 * At any point between them, base and layers as written down are the whole and true content.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { BlockDeviceMapping } from '../catalog/rows/image.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { VolumeBase, VolumeFigures, VolumeLayer, VolumeRow } from '../catalog/rows/volume.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { figuresOf } from './block-device-mappings.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';

export const requiredVolumes = requiredRows('volume');
export const requiredVolume = requiredRow(requiredVolumes);

/** In the order of the machine's disks. */
export async function volumesOf(
  reader: CatalogReader,
  instance: Pick<InstanceRow, 'id'>,
): Promise<VolumeRow[]> {
  const rows = await reader.volumes.list({ where: { instance: instance.id } });
  return rows.sort(byDisk);
}

/** In the order of the disks of one machine. */
export function byDisk(a: VolumeRow, b: VolumeRow): number {
  return (a.attachment?.index ?? 0) - (b.attachment?.index ?? 0);
}

/** What its layers have become: under its own key, where it is encrypted. */
export function capturedBase(
  { encryption }: Pick<VolumeBase, 'encryption'>,
  root: string,
  sizeBytes: number,
): VolumeBase {
  return { root, sizeBytes, ...(encryption && { encryption }) };
}

export function sizeBytesOf(volume: VolumeRow): number {
  return volume.sizeGiB * gibBytes;
}

export function figuresOfVolume(volume: VolumeRow): VolumeFigures {
  const { sizeGiB, volumeType, iops, throughputMiBps } = volume;
  return {
    sizeGiB,
    volumeType,
    ...(iops !== undefined && { iops }),
    ...(throughputMiBps !== undefined && { throughputMiBps }),
  };
}

/** What a launch makes of a mapping: attached to its instance from the start. */
export function launchedVolume(
  mapping: BlockDeviceMapping,
  about: {
    id: string;
    instance: InstanceRow;
    index: number;
    availabilityZone: string;
    base?: VolumeBase;
    encryption?: VolumeRow['encryption'];
    fastRestored?: true;
    productCodes?: string[];
    tags: Record<string, string>;
  },
): VolumeRow {
  const { id, instance, index, availabilityZone, base, encryption, productCodes, tags } = about;
  return {
    id,
    account: instance.account,
    region: instance.region,
    createdAt: instance.createdAt,
    host: instance.host,
    state: 'creating',
    ...figuresOf(mapping.ebs),
    ...(mapping.ebs.snapshotId !== undefined && { snapshotId: mapping.ebs.snapshotId }),
    availabilityZone,
    ...(base && { base }),
    ...(encryption && { encryption }),
    ...(about.fastRestored && { fastRestored: true as const }),
    ...(productCodes && { productCodes }),
    layers: [{ number: 0, fresh: true }],
    nextLayer: 1,
    attachment: {
      instanceId: instance.id,
      deviceName: mapping.deviceName,
      index,
      deleteOnTermination: mapping.ebs.deleteOnTermination,
      attachedAt: instance.createdAt,
    },
    tags,
  };
}

/**
 * A new layer on top, to be pivoted to. Never one that is there already: it may hold what came
 * after an earlier cut.
 */
export function withFreshLayer(volume: VolumeRow): VolumeRow {
  const layer: VolumeLayer = { number: volume.nextLayer, fresh: true };
  return { ...volume, layers: [...volume.layers, layer], nextLayer: volume.nextLayer + 1 };
}

/**
 * With the layers that were found (driver/reconcile-layers.ts); the same row where it said so
 * already.
 */
export function reconciled(volume: VolumeRow, found: readonly number[]): VolumeRow {
  const top = topLayer(volume).number;
  const kept = volume.layers.filter(({ number, fresh }) => !fresh || found.includes(number));
  const late = found.filter((number) => number > top && number < volume.nextLayer);
  const layers = [...kept.map(({ number }) => ({ number })), ...late.map((number) => ({ number }))];
  const asBefore =
    layers.length === volume.layers.length && volume.layers.every(({ fresh }) => !fresh);
  // A volume always has a layer: its first one is made when it is needed.
  if (asBefore || layers.length === 0) return volume;
  return { ...volume, layers };
}

/** Of the layers that were found those that the row does not call settled. */
export function unsettled(volume: VolumeRow, found: readonly number[]): number[] {
  const settled = volume.layers.filter(({ fresh }) => !fresh).map(({ number }) => number);
  const lowest = volume.layers[0]?.number ?? 0;
  return found.filter((number) => number >= lowest && !settled.includes(number));
}

/** A pivot whose outcome nobody recorded may have left a layer that the row does not name. */
export function mayHaveStrays(volume: VolumeRow): boolean {
  return topLayer(volume).number + 1 < volume.nextLayer;
}

/** These of its layers exist, and outlive a power cut. */
export function withSettledLayers(volume: VolumeRow, numbers: readonly number[]): VolumeRow {
  const layers = volume.layers.map((layer) =>
    numbers.includes(layer.number) ? { number: layer.number } : layer,
  );
  return { ...volume, layers };
}

export function freshLayers(volume: VolumeRow): number[] {
  return volume.layers.filter(({ fresh }) => fresh).map(({ number }) => number);
}

/**
 * About to lie on this base; what was begun before and may have been done is kept until that is so.
 */
export function rebasing(volume: VolumeRow, base: VolumeBase): VolumeRow {
  const { nextBase, formerBases = [], ...rest } = volume;
  const begun = nextBase ? [...formerBases, nextBase] : formerBases;
  const former = begun.filter(({ root }) => root !== base.root);
  return { ...rest, nextBase: base, ...(former.length > 0 && { formerBases: former }) };
}

/** Any of them may be read by its machine; its base first, if it has one. */
export function readableBases({ base, nextBase, formerBases = [] }: VolumeRow): VolumeBase[] {
  return [base, nextBase, ...formerBases].filter((map) => map !== undefined);
}

/** Everything below the cut is the new base now; unchanged when that was done before. */
export function rebased(volume: VolumeRow, cutLayer: number, base: VolumeBase): VolumeRow {
  if (layersBelow(volume, cutLayer).length === 0) return volume;
  const { nextBase: _, formerBases: __, ...rest } = volume;
  return { ...rest, base, layers: volume.layers.filter(({ number }) => number >= cutLayer) };
}

export function layersBelow(volume: VolumeRow, cutLayer: number): VolumeLayer[] {
  return volume.layers.filter(({ number }) => number < cutLayer);
}

export function topLayer(volume: VolumeRow): VolumeLayer {
  const top = volume.layers.at(-1);
  if (!top) throw new Error(`volume ${volume.id} has no layers`);
  return top;
}

/** Its instance is gone. */
export function released(volume: VolumeRow): VolumeRow {
  const { attachment, ...rest } = volume;
  return { ...rest, state: attachment?.deleteOnTermination ? 'deleting' : 'available' };
}

export function checkDetached({ id, state, attachment }: VolumeRow): void {
  if (attachment) {
    throw new ServiceError(
      'VolumeInUse',
      `Volume ${id} is currently attached to ${attachment.instanceId}`,
    );
  }
  if (state === 'available' || state === 'error') return;
  throw new ServiceError('IncorrectState', `The volume '${id}' is ${state}.`);
}

/**
 * Not while a capture that was ordered of it is about to cut it: the cut is made where the volume
 * is, and as large as it is, at the moment.
 */
export async function checkNotBeingCut(reader: CatalogReader, volume: VolumeRow): Promise<void> {
  const fresh = freshLayers(volume);
  const where = { volumeId: volume.id, state: 'pending' };
  const next = (await reader.snapshots.list({ where })).find(
    ({ cutLayer }) => cutLayer === undefined || fresh.includes(cutLayer),
  );
  if (!next) return;
  throw new ServiceError(
    'IncorrectState',
    `The volume '${volume.id}' is about to be captured for the snapshot ${next.id}. Try again in a moment.`,
  );
}
