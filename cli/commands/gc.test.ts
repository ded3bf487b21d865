import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { digestsIn, storeBlock } from '../../server/blocks/test-blocks.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { addSnapshot, addVolume } from '../../server/collection/test-rows.ts';
import type { Home } from '../../server/foundations/home.ts';
import { recordOf } from '../../server/foundations/process-record.ts';
import { unprivilegedIdentity } from '../../server/foundations/unprivileged.ts';
import { type GcOptions, gcCommand } from './gc.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

let home: Home;
let text: string;

beforeEach(async () => {
  home = await newHome();
  await storeBlock(await FsBlockStore.open(home.blocksFolder), Buffer.from('some block'));
});
afterEach(() => rmSync(home.folder, { recursive: true }));

async function run(options: GcOptions, json = false): Promise<void> {
  const { context, printed } = commandContext(home, json);
  await gcCommand(context, options);
  text = printed();
}

const stored = async () => digestsIn(await FsBlockStore.open(home.blocksFolder));

test('where no Imago runs it is done here: told, condemned, removed', async () => {
  await run({ dryRun: true });
  assert.match(text, /Would be condemned: +1 blocks, 11 B/);
  assert.equal((await stored()).length, 1);
  await run({});
  assert.match(text, /Condemned now: +1 blocks, 11 B\n.*waiting: +1 blocks.*\nRemoved: +0 blocks/);
  await run({ grace: 0 }, true);
  assert.deepEqual(JSON.parse(text).Freed, { Blocks: 1, Bytes: 11 });
  assert.deepEqual(await stored(), []);
});

test('files of guests and volumes that no row names go as well, after the grace', async () => {
  const catalog = await openSqliteCatalog(home.catalogFile);
  const named = await addVolume(catalog, {});
  await catalog.close();
  const [volume, guest, running] = [
    'vol-0123456789abcdef0',
    'i-0123456789abcdef0',
    'i-0123456789abcdef1',
  ];
  chmodSync(home.folder, 0o711);
  for (const folder of [home.volumeFolder(named), home.volumeFolder(volume)]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, '0.qcow2'), 'layer');
  }
  for (const id of [guest, running]) {
    mkdirSync(home.machineSocketsFolder(id), { recursive: true });
    writeFileSync(path.join(home.machineFolder(id), 'uefi-template.fd'), 'variables');
    writeFileSync(path.join(home.machineSocketsFolder(id), 'uefi-vars.qcow2'), 'difference');
    const user = unprivilegedIdentity();
    if (user) chownSync(home.machineSocketsFolder(id), user.uid, user.gid);
  }
  const child = spawn('sleep', ['600'], { argv0: `guest=${running}` });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  writeFileSync(
    path.join(home.machineFolder(running), 'machine.json'),
    JSON.stringify({ ...recordOf(child.pid as number), layout: 2 }),
  );
  const there = () =>
    [home.machineFolder(guest), home.machineFolder(running), home.volumeFolder(volume)].filter(
      (folder) => existsSync(folder),
    );
  await run({});
  assert.match(text, /Removed: .*; files of 0 guests and 0 volumes without a row/);
  await run({ dryRun: true, grace: 0 });
  assert.match(text, /Would be removed: .*; files of 2 guests and 1 volumes without a row/);
  assert.equal(there().length, 3);
  await run({ grace: 0 }, true);
  const { RemovedInstanceIds: guests, RemovedVolumeIds: volumes } = JSON.parse(text);
  assert.deepEqual([guests.sort(), volumes], [[guest, running], [volume]]);
  assert.deepEqual(there(), []);
  assert.ok(existsSync(home.volumeFolder(named)));
  await ended;
});

test('where one runs it is asked', async () => {
  const server = await serveSimulated(home);
  try {
    await run({ grace: 0 });
    assert.match(text, /Removed: +1 blocks, 11 B/);
  } finally {
    await server.close();
  }
  assert.deepEqual(await stored(), []);
});

test('a map that cannot be read, and a folder that is no home, are refused', async () => {
  const catalog = await openSqliteCatalog(home.catalogFile);
  await addSnapshot(catalog, '0'.repeat(64));
  await catalog.close();
  await assert.rejects(run({ grace: 0 }), /Nothing was collected: block 0+ is missing/);
  assert.equal((await stored()).length, 1);
  rmSync(home.catalogFile);
  await assert.rejects(run({}), /There is no Imago in/);
});
