/** Sealed bases: reads wait for their key, which is in no file, and is handed over at each start. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { FsBlockStore } from '../../blocks/fs/fs-block-store.ts';
import { sealKeyOf } from '../../blocks/sealed-block.ts';
import { SealedBlockWriter } from '../../blocks/sealed-blocks.ts';
import { storeMap } from '../../blocks/test-blocks.ts';
import {
  attachment,
  diskBytes,
  first,
  identity,
  makeHome,
  readExport,
  readStatus,
} from './test-home.ts';

const secret = Buffer.alloc(32, 'of the volume');
const content = Buffer.alloc(diskBytes, 0);
content.fill('what a guest wrote ', 0, blockSizeBytes);

test('a sealed base is served once its key is there, also by the next process', async (t) => {
  const { home, guest, plane: createPlane } = await makeHome(t);
  const { folder } = await guest(first);
  const blocks = await FsBlockStore.open(home.blocksFolder, { readerGid: identity?.gid });
  const key = sealKeyOf(secret);
  await using writer = blocks.begin();
  const sealed = new SealedBlockWriter(writer, key);
  const { digest } = await sealed.put(content.subarray(0, blockSizeBytes));
  await writer.commit();
  const { root } = await storeMap(blocks, {
    sizeBytes: diskBytes,
    changes: new Map([[0, digest]]),
  });
  const attached = attachment(first, [root]);
  attached.exports = [{ root, sizeBytes: diskBytes, sealKeyId: key.id }];

  const plane = createPlane();
  await plane.start();
  await plane.attach(folder, attached);
  const waiting = readExport(folder, root);
  const winner = await Promise.race([waiting.then(() => 'read'), sleep(500, 'waits')]);
  assert.equal(winner, 'waits');
  await plane.giveKeys([Buffer.alloc(32, 'another'), secret]);
  assert.deepEqual(await waiting, content);

  const { pid } = await readStatus(home);
  process.kill(pid, 'SIGKILL');
  await plane.attach(folder, attached);
  assert.notEqual((await readStatus(home)).pid, pid);
  assert.deepEqual(await readExport(folder, root), content);

  for (const name of await readdir(home.folder, { recursive: true })) {
    const bytes = await readFile(path.join(home.folder, name)).catch(() => Buffer.alloc(0));
    for (const text of [secret, secret.toString('base64'), Buffer.from(key.encrypting)]) {
      assert.ok(!bytes.includes(text), name);
    }
    assert.ok(!bytes.includes('what a guest wrote'), name);
  }
});
