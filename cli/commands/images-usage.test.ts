import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../../server/blocks/test-blocks.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { addSnapshot } from '../../server/collection/test-rows.ts';
import type { Home } from '../../server/foundations/home.ts';
import { imagesUsageCommand } from './images-usage.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

let home: Home;
beforeEach(async () => {
  home = await newHome();
});
afterEach(() => rmSync(home.folder, { recursive: true }));

test('what is stored is told of each, and of all together', async () => {
  const store = await FsBlockStore.open(home.blocksFolder);
  const digest = await storeBlock(store, randomBytes(5000));
  const { root } = await storeMap(store, { sizeBytes: 2 ** 30, changes: new Map([[0, digest]]) });
  const catalog = await openSqliteCatalog(home.catalogFile);
  const id = await addSnapshot(catalog, root);
  await catalog.write(async ({ storageDays }) => {
    const accounts = [{ account: '111111111111', storedBytes: 1024, exclusiveBytes: 0 }];
    const days = { '2026-11-24': 1024, '2026-11-25': 3072 };
    for (const [day, neededBytes] of Object.entries(days)) {
      await storageDays.insert({ id: day, measuredAt: `${day}T01:00:00Z`, neededBytes, accounts });
    }
  });
  await catalog.close();
  const server = await serveSimulated(home);
  try {
    const { context, printed } = commandContext(home);
    await imagesUsageCommand(context);
    assert.match(printed(), new RegExp(`${id} +1\\.0 GiB.* 0 B +5\\.\\d+ KiB`));
    assert.match(printed(), /Together 5\.\d KiB, each block once\./);
    mkdirSync(home.basesFolder);
    writeFileSync(path.join(home.basesFolder, `${root}.raw`), Buffer.alloc(8192, 1));
    const { context: beside, printed: besides } = commandContext(home);
    await imagesUsageCommand(beside);
    assert.match(besides(), /Besides, 8\.0 KiB of plain bases on this host: a cache\./);
    const { context: asked, printed: document } = commandContext(home, true);
    await imagesUsageCommand(asked);
    const { Items: items } = JSON.parse(document());
    assert.deepEqual([items.length, items[0].Id, items[0].SharedBytes], [1, id, 0]);
    assert.ok(items[0].ExclusiveBytes > 5000);
    const { context: past, printed: days } = commandContext(home);
    await imagesUsageCommand(past, { history: true });
    assert.match(
      days(),
      /2026-11-24 +1\.0 KiB +111111111111 1\.0 KiB\n2026-11-25 +3\.0 KiB +\+2\.0 KiB/,
    );
  } finally {
    await server.close();
  }
});
