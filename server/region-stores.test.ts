/** That a region keeps the block store that it was given, wherever that goes, and gets no other. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { randomIds } from './domain/identity.ts';
import { CrashingFiles } from './files/crashing/crashing-files.ts';
import { nodeFiles } from './files/node/node-files.ts';
import { Home } from './foundations/home.ts';
import {
  isThere,
  RegionStoreError,
  readRegionStores,
  settleCopyStore,
  settleRegionStores,
} from './region-stores.ts';

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'im-'));
  home = new Home(path.join(folder, 'home'));
  mkdirSync(home.folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => path.join(folder, name);

function settle(
  asked: Record<string, string | undefined>,
  { hostId = 'h-1', used = [] as string[], of = home } = {},
) {
  const isUsed = async (region: string) => used.includes(region);
  const services = { home: of, files: nodeFiles, ids: randomIds, hostId, isUsed };
  return settleRegionStores(services, new Map(Object.entries(asked)));
}

test('a store is made once, and known from then on', async () => {
  const made = await settle({ 'us-east-1': undefined, 'eu-west-1': at('disk/blocks') });
  assert.deepEqual(Object.keys(made), ['eu-west-1']);
  assert.deepEqual(await settle({ 'eu-west-1': undefined }), made);
  assert.deepEqual(await settle({ 'us-east-1': undefined }), made);
  assert.deepEqual(await readRegionStores(home, nodeFiles), made);
  const store = made['eu-west-1'] as { folder: string; id: string };
  assert.equal(store.folder, at('disk/blocks'));
  assert.ok(await isThere(nodeFiles, store));
});

test('two regions may share one', async () => {
  const made = await settle({ 'eu-west-1': at('blocks'), 'eu-west-2': at('blocks') });
  assert.deepEqual(made['eu-west-1'], made['eu-west-2']);
});

test('one that is not there is refused: gone, an empty mount point, another', async () => {
  const { 'eu-west-1': store } = await settle({ 'eu-west-1': at('blocks') });
  await settle({ 'eu-west-2': at('others') });
  rmSync(at('blocks'), { recursive: true });
  const missing = (error: RegionStoreError) =>
    error instanceof RegionStoreError &&
    /The blocks of the region eu-west-1 are not in /.test(error.message) &&
    /--region eu-west-1=FOLDER/.test(error.advice);
  await assert.rejects(settle({ 'eu-west-1': undefined }), missing);
  mkdirSync(at('blocks'));
  await assert.rejects(settle({ 'eu-west-1': at('blocks') }), missing);
  await assert.rejects(settle({ 'eu-west-1': at('others') }), missing);
  assert.ok(store && !(await isThere(nodeFiles, store)));
  const left = await settle({ 'eu-west-2': undefined });
  assert.deepEqual(Object.keys(left), ['eu-west-1', 'eu-west-2'], 'the others go on');
});

test('one that has moved is found where it is said to be', async () => {
  const { 'eu-west-1': before } = await settle({ 'eu-west-1': at('blocks') });
  cpSync(at('blocks'), at('moved'), { recursive: true });
  const { 'eu-west-1': after } = await settle({ 'eu-west-1': at('moved') });
  assert.deepEqual(after, { folder: at('moved'), id: before?.id });
});

test('neither another Imago’s store nor a folder of anything else is taken', async () => {
  const other = new Home(path.join(folder, 'other'));
  mkdirSync(other.folder);
  await settle({ 'eu-west-1': at('blocks') }, { hostId: 'h-2', of: other });
  await assert.rejects(settle({ 'eu-west-1': at('blocks') }), /store of another Imago/);
  mkdirSync(at('documents'));
  writeFileSync(at('documents/thesis'), '');
  await assert.rejects(settle({ 'eu-west-1': at('documents') }), /is not empty/);
  mkdirSync(at('disk/lost+found'), { recursive: true });
  await settle({ 'eu-west-1': at('disk') });
});

test('a region that has blocks in the home keeps them there', async () => {
  const used = ['us-east-1'];
  await assert.rejects(settle({ 'us-east-1': at('blocks') }, { used }), /in the home already/);
  assert.deepEqual(await settle({ 'us-east-1': undefined }, { used }), {});
});

test('a store that was half made by a killed start is made by the next, and is there after a power cut', async () => {
  const asked = new Map([['eu-west-1', '/srv/regions/blocks']]);
  for (let seed = 1; seed <= 4; seed++) {
    for (let killAt = 1; killAt <= 24; killAt++) {
      const files = new CrashingFiles({ seed });
      await files.mkdir(home.folder);
      for (let above = home.folder; above !== '/'; ) {
        above = path.dirname(above);
        await files.syncFolder(above);
      }
      files.set({ seed, killAt });
      const isUsed = async () => false;
      const start = async (on: CrashingFiles) => {
        const services = { home, files: on, ids: randomIds, hostId: 'h-1', isUsed };
        const regions = await settleRegionStores(services, asked);
        return {
          regions,
          copies: await settleCopyStore(services, '/mnt/second/copies', undefined),
        };
      };
      await start(files).catch(() => {});
      const next = files.survivor ?? files;
      next.set({ seed });
      const made = await start(next);
      assert.deepEqual(await start(next.cut()), made, `seed ${seed}, killed at ${killAt}`);
    }
  }
});
