/** What a person or a pipeline sees of a check, against a server that has an image. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import {
  BufferDisk,
  cleanSystem,
  makeFileSystem,
} from '../../server/contents/test-file-systems.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import type { Home } from '../../server/foundations/home.ts';
import type { RunningServer } from '../../server/main.ts';
import { imagesCheckCommand } from './images-check.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

const bad = 'ami-0123456789abcdef0';
const clean = 'ami-0123456789abcdef1';
const hostile = 'x\x1b]0;owned\x07';
let home: Home;
let server: RunningServer;

before(async () => {
  home = await newHome();
  const store = await FsBlockStore.open(home.blocksFolder);
  const left = { [`home/${hostile}/.ssh/id_rsa`]: 'k', 'var/log/wtmp': 'w' };
  const roots: string[] = [];
  for (const files of [{ ...cleanSystem, ...left }, cleanSystem]) {
    const disk = new BufferDisk(await makeFileSystem(files));
    roots.push((await uploadDisk({ store, disk })).root);
  }
  await store.close();
  server = await serveSimulated(home);
  const catalog = await openSqliteCatalog(home.catalogFile);
  await catalog.write(async ({ accounts, images, snapshots }) => {
    const account = (await accounts.list({ where: { operator: 'true' } }))[0]?.id ?? '';
    const owned = { account, region: 'us-east-1' };
    for (const [index, root] of roots.entries()) {
      const row = snapshot(`snap-0123456789abcdef${index}`, { ...owned, root });
      await snapshots.insert(row);
      const blockDeviceMappings = rootDisk(1, row.id);
      await images.insert(
        image(index === 0 ? bad : clean, { ...owned, name: `image ${index}`, blockDeviceMappings }),
      );
    }
  });
  await catalog.close();
});
after(async () => {
  await server?.close();
  rmSync(home.folder, { recursive: true });
});
afterEach(() => {
  process.exitCode = undefined;
});

async function check(ami: string, failOn?: string, json = false) {
  const { context, printed } = commandContext(home, json);
  await imagesCheckCommand(context, ami, { failOn });
  return { text: printed(), code: process.exitCode };
}

test('findings by severity, each with where it is and what to do, for any terminal', async () => {
  const { text, code } = await check(bad);
  assert.equal(code, 1);
  assert.match(text, /HIGH\n {2}credentials {2}Private keys .* left in the image\n/);
  assert.match(text, / {6}\/home\/x\\x1b\]0;owned\\x07\/\.ssh\/id_rsa\n {4}→ Remove them/);
  assert.match(text, /LOW\n {2}logs .*\n {6}\/var\/log\/wtmp\n/);
});

test('it ends with 1 from the severity on that is asked for', async () => {
  for (const [failOn, code] of [
    ['critical', undefined],
    ['high', 1],
    ['low', 1],
    ['never', undefined],
  ] as const) {
    process.exitCode = undefined;
    assert.equal((await check(bad, failOn)).code, code, failOn);
  }
});

test('nothing in a clean one; pipelines get parts', async () => {
  const { text, code } = await check(clean, 'low');
  assert.match(text, /Nothing was found\.\n$/);
  assert.equal(code, undefined);
  const { ImageFindings } = JSON.parse((await check(bad, 'never', true)).text);
  const [found] = ImageFindings;
  assert.equal(found.Check, 'credentials');
  assert.equal(found.SeverityLabel, 'high');
  assert.match(found.Fix, /^Remove them/);
});
