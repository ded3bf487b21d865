/**
 * `bin/imago recover` killed again and again at moments of a seed, in one home: nobody serves what is
 * half, and in the end all rows are there, over blocks that are whole. And `bin/imago serve` killed
 * while it seals its catalog and copies into a second store: each store can be recovered from after
 * each kill, and has all that the catalog names which is sealed there.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CompleteSnapshotCommand,
  EBSClient,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import { blockSizeBytes } from '../../server/blocks/block-store.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../../server/blocks/test-blocks.ts';
import { createMemoryCatalog } from '../../server/catalog/memory/memory-catalog.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { snapshot } from '../../server/catalog/test-rows.ts';
import { seededNumbers } from '../../server/files/crashing/seeded-numbers.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import { Home } from '../../server/foundations/home.ts';
import { putRequest } from '../../server/operations/test-uploads.ts';
import { keyToSealWith } from '../../server/recovery/recovery-key.ts';
import { sealCatalog } from '../../server/recovery/sealed-catalog.ts';
import { facts } from '../../server/recovery/test-sealed.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { until } from '../support/until.ts';

/** As many as keep a recovery busy for a while. */
const rows = 2000;
const account = '111111111111';

/** Resolves with how many of the kills left half a recovery. */
export async function tellKilledRecover(told: { seed: number; kills: number }): Promise<number> {
  const random = seededNumbers(told.seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'im-kill-'));
  try {
    const store = path.join(folder, 'disk');
    const keyFile = path.join(folder, 'key');
    await sealWorld(store, keyFile);
    const home = new Home(path.join(folder, 'home'));
    const asked = ['--from', store, '--home', home.folder, '--recovery-key-file', keyFile];
    // How long one takes from when it has begun to write.
    const { tookMs } = await recoverKilled(asked, home, undefined);
    rmSync(home.folder, { recursive: true });
    let halves = 0;
    for (let kill = 0; kill < told.kills; kill++) {
      // The first one at once: some are certainly half.
      await recoverKilled(asked, home, kill === 0 ? 0 : random(Math.ceil(tookMs)));
      if (!existsSync(home.recoveringFile)) {
        await checkRecovered(home);
        rmSync(home.folder, { recursive: true });
        continue;
      }
      halves++;
      const served = spawnSync(launcher, ['serve', '--home', home.folder], { encoding: 'utf8' });
      assert.notEqual(served.status, 0);
      assert.match(served.stderr, /The recovery of \S+ was not ended/);
    }
    if (!existsSync(home.folder) || existsSync(home.recoveringFile)) {
      await promisify(execFile)(launcher, ['recover', ...asked]);
    }
    await checkRecovered(home);
    await promisify(execFile)(launcher, ['fsck', '--home', home.folder]);
    return halves;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function sealWorld(folder: string, keyFile: string): Promise<void> {
  const store = await FsBlockStore.open(folder);
  const digest = await storeBlock(store, randomBytes(blockSizeBytes));
  const { root } = await storeMap(store, { sizeBytes: 2 ** 30, changes: new Map([[0, digest]]) });
  const catalog = createMemoryCatalog();
  await catalog.write(async ({ accounts, snapshots }) => {
    const createdAt = new Date().toISOString();
    await accounts.insert({ id: account, name: 'a', createdAt, operator: true });
    for (let i = 0; i < rows; i++) {
      const id = `snap-${i.toString(16).padStart(17, '0')}`;
      await snapshots.insert(snapshot(id, { account, root, volumeSizeGiB: 1 }));
    }
  });
  const now = new Date();
  const key = await keyToSealWith(nodeFiles, [], { file: keyFile }, now);
  const masterKey = Buffer.alloc(32, 'm').toString('base64');
  await sealCatalog({ store, catalog, facts: { ...facts, masterKey }, key, now });
  await store.close();
}

async function checkRecovered(home: Home): Promise<void> {
  const catalog = await openSqliteCatalog(home.catalogFile);
  try {
    const where = { state: 'completed' };
    assert.equal(await catalog.read(({ snapshots }) => snapshots.count({ where })), rows);
  } finally {
    await catalog.close();
  }
}

/** Killed so long after it has begun to write, or let go on to its end. */
async function recoverKilled(asked: string[], home: Home, afterMs: number | undefined) {
  const child = spawn(launcher, ['recover', ...asked], { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const isFresh = !existsSync(home.recoveringFile);
  // Of a home that is half already it is not seen when that begins.
  if (isFresh) await until('it begins', () => isOver || existsSync(home.recoveringFile), 60_000);
  const began = performance.now();
  if (afterMs !== undefined) {
    const startsMs = isFresh ? 0 : 300;
    await Promise.race([delay(startsMs + afterMs), ended]);
    child.kill('SIGKILL');
  }
  const code = await ended;
  if (afterMs === undefined) assert.equal(code, 0);
  return { tookMs: performance.now() - began };
}

export async function tellKilledCopies(told: { seed: number; kills: number }): Promise<void> {
  const random = seededNumbers(told.seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'im-kill-'));
  const [keyFile, second] = [path.join(folder, 'key'), path.join(folder, 'second')];
  const flags = ['--recovery-key-file', keyFile, '--copy-store', second];
  const imago = await ImagoProcess.start({ hypervisor: 'simulated', flags });
  const asked = (from: string, home: string) => [
    ...['recover', '--from', from, '--home', home, '--recovery-key-file', keyFile],
    ...['--verify', '--json'],
  ];
  const isLost = async (from: string) => {
    const home = path.join(folder, 'looked');
    const looked = spawnSync(launcher, [...asked(from, home), '--dry-run'], { encoding: 'utf8' });
    if (/No catalog is sealed|is no block store/.test(looked.stderr)) return undefined;
    const { lostSnapshots, wholeSnapshots } = JSON.parse(looked.stdout);
    assert.deepEqual(lostSnapshots, [], `seed ${told.seed}: ${from}`);
    return wholeSnapshots as number;
  };
  try {
    for (let kill = 0; kill < told.kills; kill++) {
      const uploading = upload(imago, 4 + random(12)).catch(() => {});
      // Rounds begin five seconds after a start.
      await delay(4_500 + random(1_500));
      await imago.kill();
      await uploading;
      await isLost(second);
      await isLost(imago.home);
      await imago.start();
    }
    const id = await upload(imago, 4);
    assert.ok(id);
    await imago.stop();
    await imago.start();
    const here = await isLost(imago.home);
    const inStep = async () => (await isLost(second)) === here;
    await until('the second store is in step', inStep, 60_000);
    await imago.stop();
    const home = path.join(folder, 'new');
    const { stdout } = await promisify(execFile)(launcher, asked(second, home));
    assert.equal(JSON.parse(stdout).wholeSnapshots, here);
    await promisify(execFile)(launcher, ['fsck', '--home', home]);
  } finally {
    await imago.dispose();
    rmSync(folder, { recursive: true });
  }
}

/** Of random bytes. */
async function upload(imago: ImagoProcess, blocks: number): Promise<string | undefined> {
  const { endpoint, credentials } = imago;
  const ebs = new EBSClient({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
  const { SnapshotId } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1 }));
  for (let index = 0; index < blocks; index++) {
    const request = putRequest(SnapshotId ?? '', index, randomBytes(blockSizeBytes));
    await ebs.send(new PutSnapshotBlockCommand(request));
  }
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: blocks }));
  return SnapshotId;
}
