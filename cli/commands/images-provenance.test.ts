/** What a person sees of signatures and lineage, and that minisign agrees with the files. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk } from '../../server/catalog/test-rows.ts';
import type { Home } from '../../server/foundations/home.ts';
import type { RunningServer } from '../../server/main.ts';
import { imagesLaunchPolicyCommand } from './images-launch-policy.ts';
import { imagesLineageCommand } from './images-lineage.ts';
import { imagesManifestCommand } from './images-manifest.ts';
import { imagesSignCommand } from './images-sign.ts';
import { imagesSigningKeysCommand } from './images-signing-keys.ts';
import { imagesVerifyCommand } from './images-verify.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

let home: Home;
let server: RunningServer;
const root = 'ami-00000000000000001';
const ids = [root, 'ami-00000000000000002', 'ami-00000000000000003', 'ami-00000000000000004'];

beforeEach(async () => {
  home = await newHome();
  server = await serveSimulated(home);
  const catalog = await openSqliteCatalog(home.catalogFile);
  await catalog.write(async ({ accounts, images }) => {
    const account = (await accounts.list({ where: { operator: 'true' } }))[0]?.id ?? '';
    for (const [index, id] of ids.entries()) {
      await images.insert(
        image(id, {
          account,
          region: 'us-east-1',
          name: `image ${index}`,
          blockDeviceMappings: rootDisk(8),
          ...(index > 0 && { sourceImageId: index === 3 ? ids[1] : root }),
        }),
      );
    }
  });
  await catalog.close();
});
afterEach(async () => {
  await server.close();
  rmSync(home.folder, { recursive: true });
});

async function said(command: (context: Parameters<typeof imagesSignCommand>[0]) => Promise<void>) {
  const { context, printed } = commandContext(home);
  await command(context);
  return printed();
}

test('an image is signed, its manifest goes out, and minisign verifies it', async () => {
  await assert.rejects(
    said((context) => imagesManifestCommand(context, root, {})),
    /has no manifest/,
  );
  const signed = await said((context) => imagesSignCommand(context, root));
  const key = /RW\S{54}/.exec(signed)?.[0] ?? '';
  const keys = await said((context) => imagesSigningKeysCommand(context, {}));
  assert.ok(keys.includes(key), keys);
  const out = path.join(home.folder, 'web.json');
  await said((context) => imagesManifestCommand(context, root, { out }));
  execFileSync('minisign', ['-V', '-m', out, '-P', key]);
  assert.match(
    await said((context) => imagesVerifyCommand(context, root, { key: [key] })),
    /is what was signed/,
  );
  assert.match(
    await said((context) => imagesVerifyCommand(context, root, { blocks: true })),
    /0 blocks were read[\s\S]*is what was signed/,
  );
  await said((context) => imagesSigningKeysCommand(context, { rotate: true }));
  await said((context) => imagesSignCommand(context, root));
  await assert.rejects(
    said((context) => imagesVerifyCommand(context, root, { key: [key] })),
    /None of these keys/,
  );
});

test('a launch policy is set, shown and taken away', async () => {
  const policy = (options: Parameters<typeof imagesLaunchPolicyCommand>[1]) =>
    said((context) => imagesLaunchPolicyCommand(context, options));
  assert.match(await policy({}), /Any image/);
  assert.match(await policy({ signedBy: ['111122223333'] }), /one of these:\n {2}111122223333/);
  assert.match(await policy({ delete: true }), /Any image/);
  await assert.rejects(policy({ delete: true, signedBy: [] }), /either/);
});

test('lineage is drawn as a tree', async () => {
  const tree = await said((context) => imagesLineageCommand(context, ids[2] as string));
  assert.deepEqual(tree.match(/^[^ ]*(─ )?ami-\d+/gm), [root, `└─ ${ids[2]}`]);
  const whole = await said((context) => imagesLineageCommand(context, root));
  assert.match(whole, RegExp(`${root} \\*[^]*├─ ${ids[1]}[^]*│ {2}└─ ${ids[3]}[^]*└─ ${ids[2]}`));
});
