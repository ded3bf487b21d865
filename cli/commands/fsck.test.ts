import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../../server/blocks/block-store.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../../server/blocks/test-blocks.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { addSnapshot } from '../../server/collection/test-rows.ts';
import { randomIds } from '../../server/domain/identity.ts';
import { nodeFiles } from '../../server/files/node/node-files.ts';
import type { Home } from '../../server/foundations/home.ts';
import { lockHome } from '../../server/home-lock.ts';
import { hostIdOf } from '../../server/host-id.ts';
import { Archives } from '../../server/transfers/archives.ts';
import { writeStoredImage } from '../../server/transfers/stored-image.ts';
import { type FsckCommandOptions, fsckCommand } from './fsck.ts';
import { commandContext, newHome } from './test-command.ts';

let home: Home;
let text: string;

beforeEach(async () => {
  home = await newHome();
});
afterEach(() => rmSync(home.folder, { recursive: true }));

async function run(json = false, options: FsckCommandOptions = {}): Promise<number> {
  const { context, printed } = commandContext(home, json);
  const code = await fsckCommand(context, options);
  text = printed();
  return code;
}

async function storeSomeBlock(): Promise<string> {
  return storeBlock(await FsBlockStore.open(home.blocksFolder), Buffer.from('some block'));
}

test('a sound home is reported as such', async () => {
  await storeSomeBlock();
  assert.equal(await run(), 0);
  assert.match(
    text,
    /^1 blocks \(10 B plain\), 1 of them referenced by no map\.\nAll is well\.\n$/,
  );
});

test('plain bases are told beside what is stored', async () => {
  const digest = await storeSomeBlock();
  mkdirSync(home.basesFolder);
  writeFileSync(path.join(home.basesFolder, `${digest}.raw`), Buffer.alloc(8192, 1));
  assert.equal(await run(), 0);
  assert.match(text, /Besides, 8\.0 KiB of plain bases: a cache, not verified\.\nAll is well/);
  assert.equal(await run(true), 0);
  assert.equal(JSON.parse(text).Summary.plainBaseBytes, 8192);
});

test('a block with wrong bytes is named, and the exit code is 1', async () => {
  const digest = await storeSomeBlock();
  writeFileSync(path.join(home.blocksFolder, digest.slice(0, 2), digest.slice(2)), 'broken');
  assert.equal(await run(), 1);
  assert.match(text, new RegExp(`corrupt: block ${digest}`));
  assert.equal(await run(true), 1);
  assert.equal(JSON.parse(text).Findings[0].digest, digest);
});

test('a home that a running Imago holds, and a folder that is none, are refused', async () => {
  const lock = await lockHome(home);
  await assert.rejects(run(), /Imago is running with the home/);
  lock.release();
  assert.equal(await run(), 0);
  rmSync(home.catalogFile);
  await assert.rejects(run(), /There is no Imago in/);
});

test('what is lost or damaged is brought back from another store, a home or raw images', async () => {
  const blocks = [1, 2, 3].map((fill) => Buffer.alloc(blockSizeBytes, fill));
  const sources = path.join(home.folder, 'sources');
  const [other, images] = [path.join(sources, 'other', 'blocks'), path.join(sources, 'images')];
  const whole = await FsBlockStore.open(other);
  for (const block of blocks) await storeBlock(whole, block);
  mkdirSync(path.join(images, 'deeper'), { recursive: true });
  writeFileSync(
    path.join(images, 'deeper', 'disk.raw'),
    Buffer.concat([Buffer.alloc(2 ** 19), ...blocks]),
  );
  for (const from of [other, path.dirname(other), images]) {
    const store = await FsBlockStore.open(home.blocksFolder);
    const digests: string[] = [];
    for (const block of blocks) digests.push(await storeBlock(store, block));
    const place = (digest = '') =>
      path.join(home.blocksFolder, digest.slice(0, 2), digest.slice(2));
    const changes = new Map(digests.map((digest, i) => [i, digest]));
    const { root } = await storeMap(store, { sizeBytes: 2 ** 30, changes });
    const catalog = await openSqliteCatalog(home.catalogFile);
    await addSnapshot(catalog, root);
    await catalog.close();
    rmSync(place(digests[0]));
    writeFileSync(place(digests[1]), 'broken');
    assert.equal(await run(), 1);
    assert.match(text, /2 problems/);
    assert.equal(await run(false, { repair: true, from }), 0);
    assert.match(text, /2 blocks were brought back\.\nAll is well\./);
    assert.equal(await run(), 0);
  }
});

test('what the source lacks, or has in other bytes, stays named', async () => {
  const digest = await storeSomeBlock();
  writeFileSync(path.join(home.blocksFolder, digest.slice(0, 2), digest.slice(2)), 'broken');
  const from = path.join(home.folder, 'files');
  mkdirSync(from);
  writeFileSync(path.join(from, 'some'), 'some other block');
  assert.equal(await run(false, { repair: true, from }), 1);
  assert.match(text, new RegExp(`corrupt: block ${digest}`));
  writeFileSync(path.join(from, 'that'), 'some block');
  assert.equal(await run(true, { repair: true, from }), 0);
  assert.deepEqual(JSON.parse(text).Repaired, [digest]);
});

test('a repair without a source, and a source that is no folder, are refused', async () => {
  await storeSomeBlock();
  await assert.rejects(run(false, { repair: true }), /belong together/);
  await assert.rejects(run(false, { from: home.folder }), /belong together/);
  await assert.rejects(run(false, { repair: true, from: '/nowhere' }), /is no folder/);
});

test('archived snapshots are read and verified, in the home and in a folder of their own', async () => {
  const store = await FsBlockStore.open(home.blocksFolder);
  const digest = await storeBlock(store, Buffer.alloc(blockSizeBytes, 1));
  const { root: map } = await storeMap(store, {
    sizeBytes: 2 ** 30,
    changes: new Map([[0, digest]]),
  });
  const named = path.join(home.folder, 'elsewhere');
  mkdirSync(named);
  const host = await hostIdOf(home, nodeFiles, randomIds);
  const catalog = await openSqliteCatalog(home.catalogFile);
  const ids: string[] = [];
  for (const folder of [home.archiveFolder, named]) {
    const id = await addSnapshot(catalog, undefined, randomIds.resource('snap'), {
      archive: { map, host, sizeBytes: 1000 },
    });
    const archives = new Archives(nodeFiles, { own: folder });
    await archives.write(id, async (file) => {
      let at = 0;
      const append = async (bytes: Buffer) => {
        await file.write(bytes, at);
        at += bytes.length;
      };
      await writeStoredImage(append, {}, [{ reader: store, root: map }]);
    });
    await archives.publish(id);
    ids.push(id);
  }
  await catalog.close();
  assert.equal(await run(), 1);
  assert.match(text, new RegExp(`archive: snapshot ${ids[1]} of \\d{12}: Its file is not there`));
  assert.equal(await run(false, { archiveFolder: named }), 0);
  assert.match(text, /2 archived snapshots \(2\.0 KiB whole\)/);
  writeFileSync(path.join(named, `${ids[1]}.imago`), 'broken');
  assert.equal(await run(true, { archiveFolder: named }), 1);
  assert.deepEqual(JSON.parse(text).Findings[0].snapshotId, ids[1]);
});
