/** Snapshots that go into the archive and come back: their bytes, their blocks, their files. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { collectBlocks } from '../collection/collector.ts';
import { Pace } from '../collection/pace.ts';
import { noDrafts } from '../collection/test-rows.ts';
import { endTemporaryRestores, removeUnnamedArchives } from '../domain/snapshot-tiers.ts';
import { enableFastSnapshotRestores } from '../operations/ec2/fast-restores/EnableFastSnapshotRestores.ts';
import { registerImage } from '../operations/ec2/images/RegisterImage.ts';
import { copySnapshot } from '../operations/ec2/snapshots/CopySnapshot.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { describeSnapshotTierStatus } from '../operations/ec2/snapshots/DescribeSnapshotTierStatus.ts';
import { modifySnapshotTier } from '../operations/ec2/snapshots/ModifySnapshotTier.ts';
import { restoreSnapshotFromRecycleBin } from '../operations/ec2/snapshots/RestoreSnapshotFromRecycleBin.ts';
import { restoreSnapshotTier } from '../operations/ec2/snapshots/RestoreSnapshotTier.ts';
import { createVolume } from '../operations/ec2/volumes/CreateVolume.ts';
import { createKey } from '../operations/kms/CreateKey.ts';
import { createRule } from '../operations/rbin/CreateRule.ts';
import type { StepHook } from './runner.ts';
import { killAt } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** One of the caller's own, of an image that is no more. */
async function ownSnapshot(imago: TestImago, content = 7, change: object = {}): Promise<string> {
  const { id: imageId, blockDeviceMappings } = await imago.image({}, content);
  const id = blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await imago.catalog.write(async ({ images, snapshots }) => {
    await images.delete(imageId);
    const row = (await snapshots.get(id)) as SnapshotRow;
    const { createVolumePermissions: _, ...own } = row;
    await snapshots.update({ ...own, account: imago.caller.account, ...change });
  });
  return id;
}

function rowOf(imago: TestImago, id: string): Promise<SnapshotRow | undefined> {
  return imago.catalog.read(({ snapshots }) => snapshots.get(id));
}

async function archive(imago: TestImago, id: string): Promise<void> {
  await imago.call(modifySnapshotTier, { SnapshotId: id, StorageTier: 'archive' });
  await imago.untilQuiet();
}

async function statusOf(imago: TestImago, id: string) {
  const Filters = [{ Name: 'snapshot-id', Values: [id] }];
  const { SnapshotTierStatuses: [status] = [] } = await imago.call(describeSnapshotTierStatus, {
    Filters,
  });
  return status;
}

/** Blocks that are left when all garbage is gone. */
async function collect(imago: TestImago): Promise<number> {
  const { catalog, blocks } = imago;
  const services = { catalog, blocks, drafts: noDrafts, clock: imago.services.clock };
  const options = { graceMs: 0, pace: new Pace(0) };
  await collectBlocks(services, options);
  await collectBlocks(services, options);
  return (await Array.fromAsync(blocks.list())).length;
}

const fileOf = (imago: TestImago, id: string) => path.join(imago.home.archiveFolder, `${id}.imago`);

test('archived it is one file, its blocks are garbage, and it comes back for good', async () => {
  await using imago = await TestImago.start();
  const id = await ownSnapshot(imago);
  const { root } = (await rowOf(imago, id)) ?? {};
  await archive(imago, id);
  const status = await statusOf(imago, id);
  assert.equal(status?.LastTieringOperationStatus, 'archival-completed');
  assert.deepEqual([status?.StorageTier, status?.LastTieringProgress], ['archive', 100]);
  assert.ok(status?.ArchivalCompleteTime);
  const { archive: kept, root: none } = (await rowOf(imago, id)) ?? {};
  assert.deepEqual([none, kept?.map], [undefined, root]);
  assert.equal(kept?.sizeBytes, statSync(fileOf(imago, id)).size);
  assert.equal(await collect(imago), 0);

  const answer = await imago.call(restoreSnapshotTier, { SnapshotId: id, PermanentRestore: true });
  assert.deepEqual([answer.IsPermanentRestore, answer.RestoreDuration], [true, undefined]);
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(id, 1), 7);
  const back = await statusOf(imago, id);
  assert.equal(back?.LastTieringOperationStatus, 'permanent-restore-completed');
  assert.deepEqual([back?.StorageTier, back?.RestoreExpiryTime], ['standard', undefined]);
  assert.deepEqual(readdirSync(imago.home.archiveFolder), []);
  await archive(imago, id);
  assert.equal((await statusOf(imago, id))?.StorageTier, 'archive');
});

test('blocks that another needs stay', async () => {
  await using imago = await TestImago.start();
  const [one, other] = [await ownSnapshot(imago, 7), await ownSnapshot(imago, 7)];
  await archive(imago, one);
  assert.ok((await collect(imago)) > 0);
  assert.equal(await imago.readSnapshot(other, 1), 7);
});

test('nobody uses what is archived', async () => {
  await using imago = await TestImago.start();
  const id = await ownSnapshot(imago, 7, { createVolumePermissions: ['999999999999'] });
  await archive(imago, id);
  const refused = { code: 'IncorrectState', message: /archived/ };
  const AvailabilityZone = 'us-east-1a';
  await assert.rejects(imago.call(createVolume, { SnapshotId: id, AvailabilityZone }), refused);
  const copy = { SourceSnapshotId: id, SourceRegion: 'us-east-1' };
  await assert.rejects(imago.call(copySnapshot, copy), refused);
  await assert.rejects(imago.call(registerImage, imageOver(id)), refused);
  assert.equal((await rowOf(imago, id))?.createVolumePermissions, undefined);
});

function imageOver(SnapshotId: string) {
  const DeviceName = '/dev/xvda';
  const BlockDeviceMappings = [{ DeviceName, Ebs: { SnapshotId } }];
  const system = { Architecture: 'x86_64', VirtualizationType: 'hvm' } as const;
  return { Name: 'of a test', ...system, RootDeviceName: DeviceName, BlockDeviceMappings };
}

test('what was restored fast is not so any more', async () => {
  await using imago = await TestImago.start();
  const id = await ownSnapshot(imago);
  const zones = { AvailabilityZones: ['us-east-1a'], SourceSnapshotIds: [id] };
  await imago.call(enableFastSnapshotRestores, zones);
  await imago.untilQuiet();
  await archive(imago, id);
  const [row] = await imago.catalog.read(({ fastRestores }) => fastRestores.list());
  assert.equal(row?.state, 'disabled');
});

test('one that is restored for a time goes back by itself, unless an image needs it', async () => {
  await using imago = await TestImago.start();
  const [id, used] = [await ownSnapshot(imago, 7), await ownSnapshot(imago, 9)];
  for (const SnapshotId of [id, used]) {
    await archive(imago, SnapshotId);
    await imago.call(restoreSnapshotTier, { SnapshotId, TemporaryRestoreDays: 2 });
  }
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(id, 1), 7);
  const status = await statusOf(imago, id);
  assert.deepEqual(
    [status?.StorageTier, status?.LastTieringOperationStatus],
    ['standard', 'temporary-restore-completed'],
  );
  await imago.call(registerImage, imageOver(used));
  const end = () => endTemporaryRestores(imago.catalog, imago.services.clock.now());
  imago.advance(dayMs);
  await imago.call(restoreSnapshotTier, { SnapshotId: id, TemporaryRestoreDays: 2 });
  imago.advance(1.5 * dayMs);
  await end();
  assert.ok((await rowOf(imago, id))?.root, 'its time begins when it is changed');
  imago.advance(dayMs);
  await end();
  assert.equal((await statusOf(imago, id))?.StorageTier, 'archive');
  assert.equal((await statusOf(imago, id))?.RestoreExpiryTime, undefined);
  assert.equal((await statusOf(imago, used))?.StorageTier, 'standard');
  assert.ok(existsSync(fileOf(imago, used)));
});

test('one that is restored for a time can be made to stay, and its file goes', async () => {
  await using imago = await TestImago.start();
  const SnapshotId = await ownSnapshot(imago);
  await archive(imago, SnapshotId);
  await imago.call(restoreSnapshotTier, { SnapshotId, TemporaryRestoreDays: 1 });
  await imago.untilQuiet();
  await imago.call(restoreSnapshotTier, { SnapshotId, PermanentRestore: true });
  await imago.untilQuiet();
  assert.deepEqual(readdirSync(imago.home.archiveFolder), []);
  imago.advance(9 * dayMs);
  await endTemporaryRestores(imago.catalog, imago.services.clock.now());
  assert.equal(await imago.readSnapshot(SnapshotId, 1), 7);
});

test('sealed blocks are archived and restored without their key, and stay sealed', async () => {
  await using imago = await TestImago.start();
  const keyId = (await imago.call(createKey, {})).KeyMetadata?.KeyId ?? '';
  const SourceSnapshotId = await ownSnapshot(imago, 0xa5);
  const { SnapshotId: id = '' } = await imago.call(copySnapshot, {
    SourceSnapshotId,
    SourceRegion: 'us-east-1',
    Encrypted: true,
    KmsKeyId: keyId,
  });
  await imago.untilQuiet();
  await imago.call(deleteSnapshot, { SnapshotId: SourceSnapshotId });
  const key = await imago.catalog.write(async ({ kmsKeys }) => {
    const row = await kmsKeys.get(keyId);
    await kmsKeys.delete(keyId);
    return row;
  });
  await archive(imago, id);
  assert.equal(await collect(imago), 0);
  assert.ok(!readFileSync(fileOf(imago, id)).includes(Buffer.alloc(16, 0xa5)));
  await imago.call(restoreSnapshotTier, { SnapshotId: id, PermanentRestore: true });
  await imago.untilQuiet();
  await imago.catalog.write(async ({ kmsKeys }) => {
    if (key) await kmsKeys.insert(key);
  });
  assert.equal(await imago.readSnapshot(id, 1), 0xa5);
});

test('deleted, its file goes with it; in the recycle bin it stays, and comes back archived', async () => {
  await using imago = await TestImago.start();
  const [gone, kept] = [await ownSnapshot(imago, 1), await ownSnapshot(imago, 2)];
  for (const id of [gone, kept]) await archive(imago, id);
  await imago.call(deleteSnapshot, { SnapshotId: gone });
  assert.deepEqual(readdirSync(imago.home.archiveFolder), [`${kept}.imago`]);
  const RetentionPeriod = { RetentionPeriodValue: 7, RetentionPeriodUnit: 'DAYS' } as const;
  await imago.call(createRule, { ResourceType: 'EBS_SNAPSHOT', RetentionPeriod });
  await imago.call(deleteSnapshot, { SnapshotId: kept });
  const sweep = (before: Set<string>) =>
    removeUnnamedArchives(imago.catalog, imago.services.archives, before);
  assert.deepEqual(await sweep(new Set([kept])), new Set());
  await imago.call(restoreSnapshotFromRecycleBin, { SnapshotId: kept });
  assert.equal((await statusOf(imago, kept))?.StorageTier, 'archive');
  // One that left the bin, or that a kill has left.
  await imago.catalog.write(({ snapshots }) => snapshots.delete(kept));
  const unnamed = await sweep(new Set());
  assert.deepEqual(unnamed, new Set([kept]));
  assert.ok(existsSync(fileOf(imago, kept)), 'it is looked at twice');
  await sweep(unnamed);
  assert.deepEqual(readdirSync(imago.home.archiveFolder), []);
});

test('a damaged archive, and one that is not there, are said, and the snapshot stays archived', async () => {
  await using imago = await TestImago.start();
  const SnapshotId = await ownSnapshot(imago);
  await archive(imago, SnapshotId);
  const file = fileOf(imago, SnapshotId);
  const bytes = readFileSync(file);
  const at = bytes.length - 50;
  writeFileSync(file, bytes.with(at, (bytes[at] ?? 0) ^ 1));
  await imago.call(restoreSnapshotTier, { SnapshotId, PermanentRestore: true });
  await imago.untilQuiet();
  const status = await statusOf(imago, SnapshotId);
  assert.equal(status?.LastTieringOperationStatus, 'permanent-restore-failed');
  assert.match(status?.LastTieringOperationStatusDetail ?? '', /is damaged/);
  assert.equal(status?.StorageTier, 'archive');
  writeFileSync(file, bytes);
  await imago.call(restoreSnapshotTier, { SnapshotId, PermanentRestore: true });
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(SnapshotId, 1), 7);
});

test('an image that is made of it meanwhile keeps it out of the archive', async () => {
  await using imago = await TestImago.start();
  const SnapshotId = await ownSnapshot(imago);
  await imago.stopTasks();
  await imago.call(modifySnapshotTier, { SnapshotId, StorageTier: 'archive' });
  await imago.call(registerImage, imageOver(SnapshotId));
  await imago.restart();
  await imago.untilQuiet();
  const status = await statusOf(imago, SnapshotId);
  assert.equal(status?.LastTieringOperationStatus, 'archival-failed');
  assert.match(status?.LastTieringOperationStatusDetail ?? '', /in use by ami-/);
  assert.equal(await imago.readSnapshot(SnapshotId, 1), 7);
  assert.deepEqual(readdirSync(imago.home.archiveFolder), []);
});

test('one that is deleted while it is archived leaves nothing', async () => {
  await using imago = await TestImago.start();
  const SnapshotId = await ownSnapshot(imago);
  await imago.stopTasks();
  await imago.call(modifySnapshotTier, { SnapshotId, StorageTier: 'archive' });
  await imago.call(deleteSnapshot, { SnapshotId });
  await imago.restart();
  const [task] = await imago.untilQuiet();
  assert.equal(task?.state, 'failed');
  assert.ok(!existsSync(fileOf(imago, SnapshotId)));
});

const steps = {
  'archive-snapshot': ['write', 'publish'],
  'restore-snapshot': ['read', 'publish', 'remove'],
};
for (const [kind, names] of Object.entries(steps)) {
  for (const step of names) {
    for (const moment of ['before', 'after'] as const) {
      test(`killed ${moment} ${step}, ${kind} is completed by the next start`, async () => {
        await using imago = await TestImago.start();
        const SnapshotId = await ownSnapshot(imago);
        if (kind === 'restore-snapshot') await archive(imago, SnapshotId);
        await imago.stopTasks();
        if (kind === 'restore-snapshot') {
          await imago.call(restoreSnapshotTier, { SnapshotId, PermanentRestore: true });
        } else await imago.call(modifySnapshotTier, { SnapshotId, StorageTier: 'archive' });
        const killed = Promise.withResolvers<void>();
        const kill = killAt(step, moment);
        const onStep: StepHook = (...at) => {
          try {
            return kill(...at);
          } catch (error) {
            killed.resolve();
            throw error;
          }
        };
        await imago.restart({ onStep });
        await killed.promise;
        await imago.restart();
        await imago.untilQuiet();
        const status = await statusOf(imago, SnapshotId);
        const tier = kind === 'restore-snapshot' ? 'standard' : 'archive';
        assert.equal(status?.StorageTier, tier, status?.LastTieringOperationStatusDetail);
        assert.equal(existsSync(fileOf(imago, SnapshotId)), tier === 'archive');
        if (tier === 'standard') assert.equal(await imago.readSnapshot(SnapshotId, 1), 7);
      });
    }
  }
}
