/**
 * kill -9 while a round takes out of the recycle bin what is past its time: at no moment is a row
 * in two places, what is not past its time stays, and the next start finishes the round.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type EC2Client,
  ListVolumesInRecycleBinCommand,
  paginateListImagesInRecycleBin,
  paginateListSnapshotsInRecycleBin,
  RestoreSnapshotFromRecycleBinCommand,
} from '@aws-sdk/client-ec2';
import type { Catalog, CatalogReader } from '../../server/catalog/catalog.ts';
import type { VolumeRow } from '../../server/catalog/rows/volume.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, snapshot } from '../../server/catalog/test-rows.ts';
import { isCustomer } from '../../server/domain/accounts.ts';
import { Home } from '../../server/foundations/home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

/** Of each kind, so many that a round has many transactions. */
const expiredCount = 1500;
const keptCount = 20;
const hourMs = 60 * 60_000;

let imago: ImagoProcess | undefined;
after(() => imago?.dispose());

test('a round over the recycle bin is killed again and again', async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  await imago.stop();
  const home = new Home(imago.home);
  await inCatalog(home, (catalog) => fill(catalog, hostOf(imago as ImagoProcess)));

  for (const part of [0.8, 0.5, 0.2]) {
    const starting = imago.start().catch(() => {});
    const left = await killedAt(imago, home, expiredCount * part);
    await starting;
    assert.ok(left > 0, 'it was killed in the round');
    await inCatalog(home, (catalog) => catalog.read(checkPlaces));
  }

  await imago.start();
  await until('the round is finished', () => expiredIn(home) === 0);
  const ec2 = imago.ec2();
  assert.deepEqual(await binned(ec2), [...kept('ami'), ...kept('snap'), ...kept('vol')]);
  const [SnapshotId = ''] = kept('snap');
  await ec2.send(new RestoreSnapshotFromRecycleBinCommand({ SnapshotId }));
  await until('no volume is left to delete', () => countIn(home, 'volumes') === 0);
  await imago.stop();
  await inCatalog(home, (catalog) =>
    catalog.read(async (reader) => {
      await checkPlaces(reader);
      assert.equal(await reader.recycledSnapshots.count({}), keptCount - 1);
      assert.deepEqual(
        (await reader.snapshots.list({})).map(({ id }) => id),
        [SnapshotId],
      );
    }),
  );
});

/** An id as those of clients, of one that is past its time or of one that is kept. */
function idOf(prefix: string, number: number, isKept: boolean): string {
  return `${prefix}-${isKept ? 'b' : 'a'}${String(number).padStart(16, '0')}`;
}

function kept(prefix: string): string[] {
  return Array.from({ length: keptCount }, (_, number) => idOf(prefix, number, true));
}

function hostOf({ home }: ImagoProcess): string {
  return readFileSync(path.join(home, 'host-id'), 'utf8').trim();
}

async function inCatalog<T>(home: Home, use: (catalog: Catalog) => Promise<T>): Promise<T> {
  const catalog = await openSqliteCatalog(home.catalogFile);
  try {
    return await use(catalog);
  } finally {
    await catalog.close();
  }
}

/** One of each kind that is kept after so many that are not. */
async function fill(catalog: Catalog, host: string): Promise<void> {
  await catalog.write(async (transaction) => {
    const accounts = await transaction.accounts.list({});
    const account = accounts.find(isCustomer)?.id ?? '';
    const owned = { account, region: 'us-east-1', createdAt: new Date().toISOString() };
    const volume: Omit<VolumeRow, 'id'> = {
      ...owned,
      host,
      state: 'available',
      sizeGiB: 1,
      volumeType: 'gp3',
      availabilityZone: 'us-east-1a',
      layers: [],
      nextLayer: 0,
      tags: {},
    };
    const insert = async (number: number, isKept: boolean) => {
      const id = (prefix: string) => idOf(prefix, number, isKept);
      const at = Date.now() + (isKept ? hourMs : -hourMs);
      const since = owned.createdAt;
      const times = { recycledAt: since, recycledUntil: new Date(at).toISOString() };
      const { recycledUntil } = times;
      const { formerImages, recycledSnapshots, recycledVolumes } = transaction;
      await formerImages.insert({
        ...image(id('ami'), owned),
        deregisteredAt: since,
        recycledUntil,
      });
      await recycledSnapshots.insert({ ...snapshot(id('snap'), owned), ...times });
      await recycledVolumes.insert({ ...volume, id: id('vol'), ...times });
    };
    for (let number = 0; number < expiredCount; number += 1) await insert(number, false);
    for (let number = 0; number < keptCount; number += 1) await insert(number, true);
  });
}

/** Kills it when fewer than that are left; answers how many are. */
async function killedAt(running: ImagoProcess, home: Home, fewer: number): Promise<number> {
  while (expiredIn(home) >= fewer) await sleep(1);
  await running.kill();
  return expiredIn(home);
}

function expiredIn(home: Home): number {
  return countIn(home, 'recycledSnapshots') - keptCount;
}

/** Past the Imago that has it open. */
function countIn(home: Home, table: string): number {
  const database = new DatabaseSync(home.catalogFile, { readOnly: true });
  try {
    const row = database.prepare(`SELECT count(*) AS count FROM "${table}"`).get();
    return Number(row?.count);
  } finally {
    database.close();
  }
}

async function checkPlaces(reader: CatalogReader): Promise<void> {
  const ids = async (rows: Promise<{ id: string }[]>) => (await rows).map(({ id }) => id);
  const formers = await ids(reader.formerImages.list({}));
  assert.equal(formers.length, expiredCount + keptCount, 'no image is forgotten');
  assert.deepEqual(await ids(reader.images.list({})), []);
  const snapshots = new Set(await ids(reader.recycledSnapshots.list({})));
  const restored = await ids(reader.snapshots.list({}));
  for (const id of restored) assert.equal(snapshots.has(id), false, `${id} is in one place`);
  for (const id of kept('snap')) assert.ok(snapshots.has(id) || restored.includes(id));
  const volumes = new Set(await ids(reader.recycledVolumes.list({})));
  for (const id of kept('vol')) assert.ok(volumes.has(id));
  for (const { id, state } of await reader.volumes.list({})) {
    assert.equal(volumes.has(id), false, `${id} is in one place`);
    assert.equal(state, 'deleting');
  }
}

async function binned(client: EC2Client): Promise<string[]> {
  const ids: (string | undefined)[] = [];
  for await (const { Images = [] } of paginateListImagesInRecycleBin({ client }, {})) {
    ids.push(...Images.map(({ ImageId }) => ImageId));
  }
  for await (const { Snapshots = [] } of paginateListSnapshotsInRecycleBin({ client }, {})) {
    ids.push(...Snapshots.map(({ SnapshotId }) => SnapshotId));
  }
  const { Volumes = [] } = await client.send(new ListVolumesInRecycleBinCommand({}));
  return [...ids, ...Volumes.map(({ VolumeId }) => VolumeId)] as string[];
}
