import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { storeBlock } from '../../server/blocks/test-blocks.ts';
import type { Home } from '../../server/foundations/home.ts';
import { lockHome } from '../../server/home-lock.ts';
import { fsckCommand } from './fsck.ts';
import { commandContext, newHome } from './test-command.ts';

let home: Home;
let text: string;

beforeEach(async () => {
  home = await newHome();
});
afterEach(() => rmSync(home.folder, { recursive: true }));

async function run(json = false): Promise<number> {
  const { context, printed } = commandContext(home, json);
  const code = await fsckCommand(context);
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

test('a block with wrong bytes is named, and the exit code is 1', async () => {
  const digest = await storeSomeBlock();
  writeFileSync(path.join(home.blocksFolder, digest.slice(0, 2), digest.slice(2)), 'broken');
  assert.equal(await run(), 1);
  assert.match(text, new RegExp(`corrupt: block ${digest}`));
  assert.equal(await run(true), 1);
  assert.equal(JSON.parse(text).Findings[0].digest, digest);
});

test('a home that a running Imago holds, and a folder that is none, are refused', async () => {
  const lock = lockHome(home);
  await assert.rejects(run(), /Imago is running with the home/);
  lock.release();
  assert.equal(await run(), 0);
  rmSync(home.catalogFile);
  await assert.rejects(run(), /There is no Imago in/);
});
