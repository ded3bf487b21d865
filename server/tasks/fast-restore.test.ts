/** Fast snapshot restores: plain bases that are ordered, kept, made again, and let go of. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { lookAtFastRestores } from '../fast-restore-rounds.ts';
import { describeFastSnapshotRestores } from '../operations/ec2/fast-restores/DescribeFastSnapshotRestores.ts';
import { disableFastSnapshotRestores } from '../operations/ec2/fast-restores/DisableFastSnapshotRestores.ts';
import { enableFastSnapshotRestores } from '../operations/ec2/fast-restores/EnableFastSnapshotRestores.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { createVolume } from '../operations/ec2/volumes/CreateVolume.ts';
import { describeVolumes } from '../operations/ec2/volumes/DescribeVolumes.ts';
import { disableFastRestore } from './disable-fast-restore.ts';
import { enableFastRestore } from './enable-fast-restore.ts';
import { killAt } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

const zone = 'us-east-1a';
const AvailabilityZones = [zone];

/** A snapshot; one's own is no image's. */
async function snapshotOf(imago: TestImago, byte: number, own = false): Promise<string> {
  const { id: imageId, ...image } = await imago.image({}, byte);
  const [id = ''] = snapshotIdsOf({ id: imageId, ...image });
  const { account } = imago.caller;
  await imago.catalog.write(async ({ images, snapshots }) => {
    if (!own) return;
    await images.delete(imageId);
    const row = await snapshots.get(id);
    if (row) await snapshots.update({ ...row, account, createVolumePermissions: undefined });
  });
  return id;
}

const orderOf = (...SourceSnapshotIds: string[]) => ({ AvailabilityZones, SourceSnapshotIds });

async function told(imago: TestImago, Filters?: { Name: string; Values: string[] }[]) {
  const request = { Filters };
  return (await imago.call(describeFastSnapshotRestores, request)).FastSnapshotRestores ?? [];
}

async function states(imago: TestImago): Promise<(string | undefined)[]> {
  return (await told(imago)).map(({ State }) => State);
}

const kept = async (imago: TestImago) =>
  (await imago.services.host.plainBases()).filter((file) => file.kept);

function look(imago: TestImago): Promise<void> {
  return lookAtFastRestores({ ...imago.services, wake: () => {} });
}

test('enabled in a zone, a snapshot of another account is plain, and its volumes are told so', async () => {
  await using imago = await TestImago.start();
  const SnapshotId = await snapshotOf(imago, 3);
  const { Successful } = await imago.call(enableFastSnapshotRestores, orderOf(SnapshotId));
  assert.deepEqual(
    Successful?.map(({ State, StateTransitionReason }) => [State, StateTransitionReason]),
    [['enabling', 'Client.UserInitiated']],
  );
  await imago.untilQuiet();
  const [entry] = await told(imago);
  assert.deepEqual(
    [entry?.State, entry?.OwnerId, entry?.AvailabilityZoneId, entry?.StateTransitionReason],
    [
      'enabled',
      imago.caller.account,
      'use1-az1',
      'Client.UserInitiated - Lifecycle state transition',
    ],
  );
  assert.ok(entry?.EnablingTime && entry.OptimizingTime && entry.EnabledTime);
  assert.equal((await kept(imago)).length, 1);
  const again = await imago.call(enableFastSnapshotRestores, orderOf(SnapshotId));
  assert.equal(again.Successful?.[0]?.State, 'enabled');
  const { VolumeId = '' } = await imago.call(createVolume, { AvailabilityZone: zone, SnapshotId });
  const { Volumes } = await imago.call(describeVolumes, {
    Filters: [{ Name: 'fast-restored', Values: ['true'] }],
  });
  assert.deepEqual(
    Volumes?.map((volume) => [volume.VolumeId, volume.FastRestored]),
    [[VolumeId, true]],
  );
  const filters = { state: 'enabled', 'snapshot-id': SnapshotId, 'availability-zone': zone };
  for (const [Name, value] of Object.entries(filters)) {
    assert.equal((await told(imago, [{ Name, Values: [value] }])).length, 1, Name);
    assert.equal((await told(imago, [{ Name, Values: ['other'] }])).length, 0, Name);
  }

  const off = await imago.call(disableFastSnapshotRestores, orderOf(SnapshotId));
  assert.equal(off.Successful?.[0]?.State, 'disabling');
  await imago.untilQuiet();
  assert.deepEqual(await states(imago), ['disabled']);
  assert.equal((await kept(imago)).length, 0);
  const once = await imago.call(disableFastSnapshotRestores, orderOf(SnapshotId));
  const [failed] = once.Unsuccessful ?? [];
  assert.equal(failed?.FastSnapshotRestoreStateErrors?.[0]?.Error?.Code, 'InvalidParameterValue');
  imago.stepWallClock(61 * 60 * 1000);
  await look(imago);
  assert.deepEqual(await states(imago), []);
});

test('what cannot be is said of each snapshot and zone, and the others are enabled', async () => {
  await using imago = await TestImago.start();
  const ids: string[] = [];
  for (let byte = 1; byte <= 6; byte++) ids.push(await snapshotOf(imago, 2));
  const sealed = await snapshotOf(imago, 2, true);
  await imago.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(sealed);
    if (row) await snapshots.update({ ...row, encryption: { keyId: 'key' } });
  });
  const enable = (request: object) =>
    imago.call(enableFastSnapshotRestores, { SourceSnapshotIds: ids, ...request });
  const codes = (result: Awaited<ReturnType<typeof enable>>) =>
    result.Unsuccessful?.flatMap(({ FastSnapshotRestoreStateErrors: errors = [] }) =>
      errors.map(({ Error: error }) => error?.Code),
    );
  const made = await enable({ SourceSnapshotIds: [sealed, ...ids], AvailabilityZones });
  assert.equal(made.Successful?.length, 5);
  assert.deepEqual(codes(made)?.toSorted(), ['ResourceLimitExceeded', 'UnsupportedOperation']);
  await imago.untilQuiet();
  await assert.rejects(enable({}), { code: 'MissingParameter' });
  const both = { AvailabilityZones, AvailabilityZoneIds: ['use1-az1'] };
  await assert.rejects(enable(both), { code: 'InvalidParameterCombination' });
  await assert.rejects(enable({ AvailabilityZones: ['us-east-1x'] }), {
    code: 'InvalidZone.NotFound',
  });
  await assert.rejects(enable(orderOf('snap-0fedcba9876543210')), {
    code: 'InvalidSnapshot.NotFound',
  });
  // One file for all of them, until the last is disabled.
  assert.equal((await kept(imago)).length, 1);
  const living = made.Successful?.map((item) => item.SnapshotId ?? '') ?? [];
  await imago.call(disableFastSnapshotRestores, orderOf(...living.slice(1)));
  await imago.untilQuiet();
  assert.equal((await kept(imago)).length, 1);
});

test('a deleted snapshot has none; a file that made way is made again, one that nobody wants goes', async () => {
  await using imago = await TestImago.start();
  const id = await snapshotOf(imago, 5, true);
  await imago.call(enableFastSnapshotRestores, orderOf(id));
  await imago.untilQuiet();
  await look(imago);
  assert.deepEqual(await states(imago), ['enabled']);
  const [file] = await kept(imago);
  await rm(`${imago.home.basesFolder}/${file?.root}.raw`);
  await look(imago);
  assert.deepEqual(await states(imago), ['optimizing']);
  await imago.restart();
  await imago.untilQuiet();
  assert.deepEqual(await states(imago), ['enabled']);
  assert.equal((await kept(imago))[0]?.isThere, true);
  await imago.call(deleteSnapshot, { SnapshotId: id });
  assert.deepEqual(await states(imago), ['disabled']);
  await look(imago);
  assert.equal((await kept(imago)).length, 0);
});

test('disabled while it is made, nothing is kept; without its blocks it says that it is not', async () => {
  await using imago = await TestImago.start();
  const id = await snapshotOf(imago, 6);
  await imago.stopTasks();
  await imago.call(enableFastSnapshotRestores, orderOf(id));
  await imago.call(disableFastSnapshotRestores, orderOf(id));
  await imago.restart();
  await imago.untilQuiet();
  assert.deepEqual(await states(imago), ['disabled']);
  assert.equal((await kept(imago)).length, 0);
  const lost = await snapshotOf(imago, 7);
  await imago.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(lost);
    if (row) await snapshots.update({ ...row, root: 'e'.repeat(64) });
  });
  await imago.call(enableFastSnapshotRestores, orderOf(lost));
  await imago.untilQuiet();
  const [entry] = await told(imago, [{ Name: 'snapshot-id', Values: [lost] }]);
  assert.equal(entry?.State, 'disabled');
  assert.match(entry?.StateTransitionReason ?? '', /^Server\.InternalError: /);
  assert.equal((await kept(imago)).length, 0);
});

describe('killed', { concurrency: 4 }, () => {
  for (const { kind, steps } of [enableFastRestore, disableFastRestore]) {
    for (const { name } of steps) {
      for (const moment of ['before', 'after'] as const) {
        test(`${moment} ${name} of ${kind}, it completes`, async () => {
          await using imago = await TestImago.start();
          const id = await snapshotOf(imago, 9);
          const isEnd = kind === disableFastRestore.kind;
          if (isEnd) {
            await imago.call(enableFastSnapshotRestores, orderOf(id));
            await imago.untilQuiet();
          }
          const killed = Promise.withResolvers<void>();
          const kill = killAt(name, moment);
          await imago.restart({
            onStep(...at) {
              try {
                return kill(...at);
              } catch (error) {
                killed.resolve();
                throw error;
              }
            },
          });
          const order = isEnd ? disableFastSnapshotRestores : enableFastSnapshotRestores;
          await imago.call(order, orderOf(id));
          await killed.promise;
          await imago.restart();
          await imago.untilQuiet();
          assert.deepEqual(await states(imago), [isEnd ? 'disabled' : 'enabled']);
          const files = await kept(imago);
          assert.deepEqual(
            files.map(({ isThere }) => isThere),
            isEnd ? [] : [true],
          );
        });
      }
    }
  }
});
