/**
 * PullBackup: an image or a snapshot is fetched from a remote by the EBS direct APIs. Of a volume of
 * which an earlier snapshot was fetched, or sent, only what differs is. What was once sent from here
 * has to come back as it went. There is no row of it before the end; what an undone pull has put is
 * garbage.
 */
import type { ImageRow } from '../catalog/rows/image.ts';
import type { RemoteCopyRow } from '../catalog/rows/remote.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { SnapshotEncryption, SnapshotRow } from '../catalog/rows/snapshot.ts';
import { type BackupRecord, withRecord } from '../domain/backups/backup-record.ts';
import { knownByFarId } from '../domain/backups/remote-copies.ts';
import { completeTransfer, type PullInput } from '../domain/backups/remote-transfers.ts';
import { markEncrypted } from '../domain/block-device-mappings.ts';
import { arrivalEncryption, readEncryption } from '../domain/ebs-encryption.ts';
import { checkName } from '../domain/images.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { volumeMaxGiB } from '../domain/snapshot-uploads.ts';
import { begunSnapshot, noVolumeId } from '../domain/snapshots.ts';
import { gibBytes } from '../foundations/sizes.ts';
import type { FarImage } from '../remotes/ec2-query.ts';
import { FarDisk, type FarDiskOptions } from '../remotes/far-disk.ts';
import type { OpenRemote } from '../remotes/open-remote.ts';
import { checkpointOf, keepCheckpoint, type StoredDisk, storeDisk } from './import-disk.ts';
import { pullBase, type WantedBase } from './pull-base.ts';
import { fetchRecord } from './pull-record.ts';
import { endAsFailed, refused, TransferProgress, withRemote } from './remote-work.ts';
import { openStored } from './stored-disk.ts';
import { defineTask, orFailAsync, type StepContext } from './task.ts';

interface LookedSnapshot {
  farId: string;
  volumeSizeGiB: number;
  description: string;
  /** Of the row that it becomes. */
  snapshotId: string;
  lineage?: string;
  encryption?: SnapshotEncryption;
  /** An earlier one, whose map stays meanwhile. */
  base?: { farId: string; region: string; root: string; snapshotId: string };
  /** It was sent from here: what it has to be. */
  known?: { root: string; region: string };
  record?: BackupRecord;
  /** Absent: an older Imago has looked, which took none. */
  tags?: Tags;
}

interface Outputs {
  look: {
    image?: FarImage;
    imageId?: string;
    /** Of the image. */
    record?: BackupRecord;
    tags?: Tags;
    message?: string;
    snapshots: LookedSnapshot[];
  };
  read: StoredDisk[];
  publish: null;
}

type Context = StepContext<PullInput, Outputs>;

export const pullBackup = defineTask<PullInput, Outputs>({
  kind: 'pull-backup',
  steps: [
    { name: 'look', run: look },
    { name: 'read', run: read },
    { name: 'publish', run: publish },
  ],
  failed: endAsFailed,
});

async function look(context: Context): Promise<Outputs['look']> {
  const { input, services } = context;
  const { farId } = input;
  return withRemote(context, async (remote) => {
    const image = farId.startsWith('ami-') ? await remote.ec2.image(farId) : undefined;
    if (image) checkImage(farId, image);
    const ofImage = image && (await fetchRecord(remote, { farId, tags: image.tags }));
    const devices = new Map<string, string | undefined>();
    if (!image) devices.set(farId, undefined);
    for (const { snapshotId, deviceName } of image?.mappings ?? []) {
      if (snapshotId !== undefined) devices.set(snapshotId, deviceName);
    }
    let message = ofImage?.message;
    const snapshots: LookedSnapshot[] = [];
    for (const [id, deviceName] of devices) {
      const { sourceImageId: imageId } = image ?? {};
      const source = imageId && deviceName ? { imageId, deviceName } : undefined;
      const looked = await lookAt(context, remote, id, source);
      const own = await fetchRecord(remote, { farId: id, tags: looked.tags });
      if (id === farId) for (const other of own.snapshotIds) devices.set(other, undefined);
      message ??= own.message;
      // What those of an image are of, the image says.
      const { consistency } = own.record;
      const record = image ? { consistency } : own.record;
      snapshots.push({ ...looked, tags: own.tags, record });
    }
    const told = message === undefined ? {} : { message };
    if (!image) return { ...told, snapshots };
    const { record, tags } = ofImage ?? {};
    return { ...told, image, imageId: services.ids.resource('ami'), record, tags, snapshots };
  });
}

/** More than a machine has places for. */
const mappingsMax = 64;

function checkImage(farId: string, image: FarImage): void {
  const { architecture, virtualizationType, rootDeviceName, mappings } = image;
  if (architecture !== 'x86_64' || virtualizationType !== 'hvm') {
    throw refused(`${farId} is of ${architecture} and ${virtualizationType}, not x86_64 and hvm`);
  }
  if (mappings.length > mappingsMax) throw refused(`${farId} has ${mappings.length} disks`);
  const root = mappings.find(({ deviceName }) => deviceName === rootDeviceName);
  if (!root?.snapshotId) throw refused(`${farId} has no snapshot as its root`);
}

async function lookAt(
  { services, input, task }: Context,
  remote: OpenRemote,
  farId: string,
  source: WantedBase['source'],
): Promise<LookedSnapshot & { tags: Tags }> {
  const { remoteId } = input;
  const { state, volumeSizeGiB, encrypted, description, tags, ...far } =
    await remote.ec2.snapshot(farId);
  if (state !== 'completed') throw refused(`${farId} is ${state} there`);
  if (!(volumeSizeGiB >= 1 && volumeSizeGiB <= volumeMaxGiB)) {
    throw refused(`${farId} is no volume of ${volumeSizeGiB} GiB`);
  }
  const volumeId = far.volumeId === noVolumeId ? undefined : far.volumeId || undefined;
  const known = await services.catalog.read((reader) => knownByFarId(reader, remoteId, farId));
  const here = known && (await localOf(services, known));
  const wanted = { remoteId, farId, volumeSizeGiB, volumeId, source };
  const base = await pullBase(services, remote, wanted);
  const encryption = await orFailAsync(() =>
    services.catalog.write((transaction) =>
      arrivalEncryption(transaction, task, { encrypted: encrypted || undefined }, services),
    ),
  );
  return {
    ...{ farId, volumeSizeGiB, description, tags },
    snapshotId: services.ids.resource('snap'),
    ...(volumeId !== undefined && { lineage: `far ${volumeId}` }),
    ...(encryption && { encryption }),
    ...(base && { base }),
    // A sealed one comes out otherwise each time that the key is another.
    ...(here && !here.encryption && !encryption && { known: here }),
  };
}

async function localOf(
  { catalog }: Context['services'],
  { localId }: RemoteCopyRow,
): Promise<{ root: string; region: string; encryption?: SnapshotEncryption } | undefined> {
  const row = await catalog.read(({ snapshots }) => snapshots.get(localId));
  if (row?.root === undefined) return undefined;
  const { root, region, encryption } = row;
  return { root, region, ...(encryption && { encryption }) };
}

async function read(context: Context): Promise<StoredDisk[]> {
  const { services, task, input, outputs, signal } = context;
  const { snapshots } = outputs.look;
  const work = { services, task, importId: input.transferId, signal };
  const totalBytes = snapshots.reduce((sum, each) => sum + each.volumeSizeGiB * gibBytes, 0);
  const progress = new TransferProgress(services, task, {
    transferId: input.transferId,
    totalBytes,
  });
  return withRemote(context, ({ ebs }) =>
    services.uploads.run(async () => {
      const before = await checkpointOf(services, task);
      const stored = [...before.stored];
      let part = before.part;
      for (const snapshot of snapshots.slice(stored.length)) {
        const { volumeSizeGiB, encryption, known } = snapshot;
        const sizeBytes = volumeSizeGiB * gibBytes;
        const doneBefore = sizesOf(snapshots.slice(0, stored.length));
        const disk = new FarDisk(ebs, await farDiskOptions(context, snapshot));
        const made = await storeDisk(work, disk, {
          onProgress: (done) => {
            progress
              .tell(doneBefore + done)
              .catch((error) => services.log.warn('progress could not be written', { error }));
          },
          checkpoint: { stored, ...(part && { part }) },
          encryption,
        }).finally(() => disk.close());
        if (known && made.root !== known.root) {
          throw refused(`${snapshot.farId} is not what was sent there (${sizeBytes} bytes)`);
        }
        stored.push(made);
        part = undefined;
        await keepCheckpoint(services, task, { stored: [...stored] });
      }
      return stored;
    }),
  );
}

function sizesOf(snapshots: readonly LookedSnapshot[]): number {
  return snapshots.reduce((sum, { volumeSizeGiB }) => sum + volumeSizeGiB * gibBytes, 0);
}

async function farDiskOptions(
  { services, task }: Context,
  { farId, volumeSizeGiB, base }: LookedSnapshot,
): Promise<FarDiskOptions> {
  const sizeBytes = volumeSizeGiB * gibBytes;
  if (!base) return { farId, sizeBytes };
  const { catalog, clock } = services;
  const encryption = await catalog.read(async (reader) => {
    const row = await reader.snapshots.get(base.snapshotId);
    const viewer = { ...task, groups: [] };
    return row && readEncryption(reader, viewer, row, clock.now());
  });
  const disk = await openStored(services, { ...base, encryption });
  return { farId, sizeBytes, base: { farId: base.farId, disk } };
}

async function publish(context: Context): Promise<null> {
  const { services, task, input, outputs } = context;
  const { image, imageId, record = {}, tags = {}, message, snapshots: looked } = outputs.look;
  const { catalog, clock, masterKey } = services;
  const now = clock.now();
  await orFailAsync(() =>
    catalog.write(async (transaction) => {
      const transfer = await transaction.remoteTransfers.get(input.transferId);
      if (transfer?.state !== 'running') return;
      const rows = looked.map((each, number) => snapshotRow(task, each, outputs.read[number], now));
      for (const row of rows) await transaction.snapshots.insert(row);
      const copies = looked.map(({ snapshotId: localId, farId, lineage }) => ({
        ...{ localId, farId },
        ...(lineage !== undefined && { lineage }),
      }));
      let madeId = rows[0]?.id ?? '';
      if (image && imageId !== undefined) {
        const viewer = { ...task, groups: [] };
        const named = { ...image, name: input.name ?? image.name, tags };
        const row = imageRow(viewer, named, looked, rows);
        await checkName(transaction, viewer, row.name);
        const made = withRecord({ ...row, id: imageId, createdAt: now.toISOString() }, record);
        await transaction.images.insert(made);
        await recordManifest(transaction, made, { masterKey, now });
        copies.push({ localId: imageId, farId: input.farId });
        madeId = imageId;
      }
      await completeTransfer(transaction, input.transferId, { madeId, message, copies }, now);
    }),
  );
  return null;
}

function snapshotRow(
  owner: { account: string; region: string },
  { snapshotId: id, farId, record = {}, tags = {}, ...looked }: LookedSnapshot,
  stored: StoredDisk | undefined,
  now: Date,
): SnapshotRow {
  if (!stored) throw new Error(`${farId} was not read`);
  const { description, volumeSizeGiB, encryption } = looked;
  const about = { id, tags, now, volumeSizeGiB, encryption };
  const row: SnapshotRow = {
    ...begunSnapshot(owner, { ...about, description: description.slice(0, 255) }),
    state: 'completed',
    progressPercent: 100,
    completedAt: now.toISOString(),
    root: stored.root,
    fullSizeBytes: stored.fullSizeBytes,
  };
  return withRecord(row, record);
}

const bootModes = ['legacy-bios', 'uefi', 'uefi-preferred'] as const;

/** What it says of itself is somebody's word: only what is known is taken. */
function imageRow(
  { account, region }: { account: string; region: string },
  image: FarImage,
  looked: readonly LookedSnapshot[],
  rows: readonly SnapshotRow[],
): Omit<ImageRow, 'id' | 'createdAt'> {
  const idOf = new Map(looked.map(({ farId, snapshotId }) => [farId, snapshotId]));
  const bootMode = bootModes.find((mode) => mode === image.bootMode);
  const mappings = image.mappings.map(({ deviceName, snapshotId: farId, ...ebs }) => {
    const snapshotId = idOf.get(farId ?? '');
    return { deviceName, ebs: { ...ebs, ...(snapshotId !== undefined && { snapshotId }) } };
  });
  return {
    account,
    region,
    name: image.name,
    ...(image.description && { description: image.description.slice(0, 255) }),
    state: 'available',
    launchPermissions: [],
    architecture: 'x86_64',
    ...(image.platform === 'windows' && { platform: 'windows' as const }),
    rootDeviceName: image.rootDeviceName,
    blockDeviceMappings: markEncrypted(mappings, rows),
    ...(bootMode && { bootMode }),
    ...(image.tpmSupport === 'v2.0' && { tpmSupport: 'v2.0' as const }),
    ...(image.imdsSupport === 'v2.0' && { imdsSupport: 'v2.0' as const }),
    ...(image.enaSupport && { enaSupport: true as const }),
    ...(image.sriovNetSupport === 'simple' && { sriovNetSupport: 'simple' as const }),
    tags: image.tags,
  };
}
