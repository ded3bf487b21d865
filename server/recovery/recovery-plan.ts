/**
 * What a recovery will find, before anything is written: the rows of the catalog, and for each
 * region the store that has its blocks is looked for. What it answers is both what rows become of
 * (domain/recovered-rows.ts) and what the operator is told.
 */
import type { Digest } from '../blocks/block-store.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { RecycledSnapshotRow, SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { BackupSnapshot, RecoveryFacts } from '../domain/recovered-rows.ts';
import { mapOf } from '../domain/snapshot-tiers.ts';
import { unfinishedStates } from '../domain/tasks.ts';
import type { OpenedCatalog } from './sealed-catalog.ts';
import { type StoreToRecover, WholeMaps } from './stores-to-recover.ts';

/** Of whom something is told: its id, whose it is, and its name. */
interface Named {
  id: string;
  account: string;
  region: string;
  name?: string;
}

export interface RecoveredVolume {
  volumeId: string;
  deviceName?: string;
  /** Absent: it has no whole snapshot, and is no more. */
  snapshotId?: string;
  takenAt?: string;
}

export interface RecoveryReport {
  rows: number;
  tables: Record<string, number>;
  /** Region -> folder of its blocks; those that are not there are in none of the stores. */
  regions: Record<string, string | undefined>;
  wholeImages: number;
  /** That cannot be launched. */
  lostImages: (Named & { snapshotIds: string[] })[];
  wholeSnapshots: number;
  lostSnapshots: Named[];
  instances: (Named & { volumes: RecoveredVolume[]; starts: boolean })[];
  /** That no instance has. */
  volumes: (Named & RecoveredVolume)[];
  endedTasks: { id: string; kind: string; subject: string }[];
}

export interface PlanOptions {
  catalog: OpenedCatalog;
  rows: CatalogRows;
  stores: readonly StoreToRecover[];
  verify: boolean;
  isArchived(snapshotId: string): Promise<boolean>;
  hostId: string;
  now: Date;
  onProgress?(doing: string): void;
}

/** What of them a plan is made of. */
export interface CatalogRows {
  snapshots: SnapshotRow[];
  images: ImageRow[];
  instances: InstanceRow[];
  volumes: VolumeRow[];
  recycledSnapshots: RecycledSnapshotRow[];
  endedTasks: RecoveryReport['endedTasks'];
}

export interface RecoveryPlan {
  facts: RecoveryFacts;
  report: RecoveryReport;
}

export async function planRecovery(options: PlanOptions): Promise<RecoveryPlan> {
  const { catalog, rows: found, hostId, now } = options;
  const { whole, folders } = await placeRegions(found, options);
  const archived = new Set<string>();
  for (const { id, archive } of [...found.snapshots, ...found.recycledSnapshots]) {
    if (archive && (await options.isArchived(id))) archived.add(id);
  }
  const facts: RecoveryFacts = {
    hostId,
    now,
    isWhole: (region, root) => whole.get(region)?.has(root) ?? false,
    isArchived: (snapshotId) => archived.has(snapshotId),
    backups: backupsOf(found, whole),
    ending: new Set(found.instances.filter(isEnding).map(({ id }) => id)),
  };
  return { facts, report: reportOf(found, facts, folders, catalog) };
}

/** To the end of the catalog: so all of it can be read. */
export async function readRows({ lines }: OpenedCatalog): Promise<CatalogRows> {
  const found: CatalogRows = {
    snapshots: [],
    images: [],
    instances: [],
    volumes: [],
    recycledSnapshots: [],
    endedTasks: [],
  };
  for await (const { table, row } of lines()) {
    if (table === 'snapshots') found.snapshots.push(row);
    else if (table === 'images') found.images.push(row);
    else if (table === 'instances') found.instances.push(row);
    else if (table === 'volumes') found.volumes.push(row);
    else if (table === 'recycledSnapshots') found.recycledSnapshots.push(row);
    else if (table === 'tasks' && unfinishedStates.some((state) => state === row.state)) {
      const { id, kind, subject } = row;
      found.endedTasks.push({ id, kind, subject });
    }
  }
  return found;
}

/** Each region's blocks are in the store where most of its maps are whole. */
async function placeRegions(
  { snapshots, recycledSnapshots }: CatalogRows,
  { catalog, stores, verify, onProgress }: PlanOptions,
): Promise<{ whole: Map<string, Set<Digest>>; folders: Map<string, string> }> {
  const roots = new Map<string, Set<Digest>>();
  for (const region of catalog.facts.regions) roots.set(region, new Set());
  /** The others have nothing in a store, or what is archived alone. */
  const inUse = new Set<string>();
  for (const row of [...snapshots, ...recycledSnapshots]) {
    const { region } = row;
    const map = mapOf(row);
    if (map !== undefined) roots.set(region, (roots.get(region) ?? new Set()).add(map));
    if (row.root !== undefined) inUse.add(region);
  }
  const whole = new Map<string, Set<Digest>>();
  const folders = new Map<string, string>();
  const looks = stores.map(({ folder, blocks }) => ({
    folder,
    maps: new WholeMaps(blocks, { verify }),
  }));
  for (const [region, wanted] of roots) {
    for (const { folder, maps } of looks) {
      const there = new Set<Digest>();
      for (const root of wanted) {
        if (await maps.isWhole(root)) there.add(root);
        onProgress?.(`${region}: ${maps.checkedBlocks} blocks`);
      }
      const best = whole.get(region);
      if (best && there.size <= best.size) continue;
      whole.set(region, there);
      if (there.size > 0 || !inUse.has(region)) folders.set(region, folder);
    }
  }
  return { whole, folders };
}

/**
 * The newest of each volume. One that was restored in its machine's place has none of its own until
 * the next: it is the backup of that machine that it was made of.
 */
function backupsOf(
  { snapshots, images, volumes }: CatalogRows,
  whole: ReadonlyMap<string, ReadonlySet<Digest>>,
): Map<string, BackupSnapshot> {
  const backups = new Map<string, BackupSnapshot>();
  const byId = new Map<string, SnapshotRow & BackupSnapshot>();
  for (const row of snapshots) {
    const { id, volumeId, region, state, startedAt } = row;
    const root = mapOf(row);
    if (state !== 'completed' || root === undefined || !whole.get(region)?.has(root)) continue;
    const backup = { ...row, root };
    byId.set(id, backup);
    const known = backups.get(volumeId);
    if (!known || known.startedAt < startedAt) backups.set(volumeId, backup);
  }
  const machines = new Map<string, string | undefined>();
  for (const image of images) {
    for (const id of snapshotIdsOf(image)) machines.set(id, image.sourceInstanceId);
  }
  for (const { id, snapshotId = '', attachment } of volumes) {
    const madeOf = byId.get(snapshotId);
    if (!madeOf || !attachment || backups.has(id)) continue;
    const machine = madeOf.backup?.instanceId ?? machines.get(snapshotId);
    if (machine === attachment.instanceId) backups.set(id, madeOf);
  }
  return backups;
}

function isEnding({ state }: InstanceRow): boolean {
  return state === 'shutting-down' || state === 'terminated';
}

function reportOf(
  { snapshots, images, instances, volumes, endedTasks }: CatalogRows,
  { isWhole, isArchived, backups }: RecoveryFacts,
  folders: ReadonlyMap<string, string>,
  { facts: { rows, tables, regions } }: OpenedCatalog,
): RecoveryReport {
  const hasBlocks = (row: SnapshotRow) => isWhole(row.region, mapOf(row) ?? '');
  const lost = snapshots.filter(
    (row) => row.state === 'completed' && !hasBlocks(row) && !isArchived(row.id),
  );
  const lostIds = new Set(lost.map(({ id }) => id));
  const lostImages = images
    .filter(({ state }) => state !== 'failed')
    .map((image) => ({ image, gone: snapshotIdsOf(image).filter((id) => lostIds.has(id)) }))
    .filter(({ gone }) => gone.length > 0);
  const recovered = volumes
    .filter(({ state }) => state !== 'deleting')
    .map((row) => ({ row, ...recoveredVolumeOf(row, backups) }));
  const byInstance = Map.groupBy(recovered, ({ row }) => row.attachment?.instanceId);
  const places = new Set([...regions, ...folders.keys(), ...snapshots.map(({ region }) => region)]);
  return {
    rows,
    tables,
    regions: Object.fromEntries([...places].map((region) => [region, folders.get(region)])),
    wholeImages: images.length - lostImages.length,
    lostImages: lostImages.map(({ image, gone }) => ({ ...named(image), snapshotIds: gone })),
    wholeSnapshots: snapshots.filter(({ state }) => state === 'completed').length - lost.length,
    lostSnapshots: lost.map(named),
    instances: instances
      .filter((row) => !isEnding(row))
      .map((instance) => {
        const own = byInstance.get(instance.id) ?? [];
        const isRoot = (name: string | undefined) => name === instance.rootDeviceName;
        return {
          ...named(instance),
          volumes: own.map(({ row: _, ...volume }) => volume),
          starts: own.some((each) => isRoot(each.deviceName) && each.snapshotId !== undefined),
        };
      }),
    volumes: (byInstance.get(undefined) ?? []).map(({ row, ...volume }) => ({
      ...named(row),
      ...volume,
    })),
    endedTasks,
  };
}

function recoveredVolumeOf(
  { id, attachment }: VolumeRow,
  backups: RecoveryFacts['backups'],
): RecoveredVolume {
  const backup = backups.get(id);
  return {
    volumeId: id,
    ...(attachment && { deviceName: attachment.deviceName }),
    ...(backup && { snapshotId: backup.id, takenAt: backup.startedAt }),
  };
}

function named(row: ImageRow | SnapshotRow | InstanceRow | VolumeRow): Named {
  const { id, account, region, tags } = row;
  const name = 'name' in row ? row.name : tags.Name;
  return { id, account, region, ...(name !== undefined && { name }) };
}
