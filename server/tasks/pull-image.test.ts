/** Images of a test's own vendor become the provider's, or leave nothing. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { providerAccount } from '../domain/accounts.ts';
import { newTask } from '../domain/tasks.ts';
import type { VendorImage } from '../domain/vendor-images/vendor-image.ts';
import { describeTasks } from '../operations/imago/DescribeTasks.ts';
import { bootable, diskBytes, qcow2Of } from '../vendor-images/test-disks.ts';
import {
  publishClearsigned,
  publishDetached,
  TestKey,
  TestVendor,
} from '../vendor-images/test-vendor.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;
let key: TestKey;
let image: Buffer;
let vendor: TestVendor;
let imago: TestImago;
before(() => {
  key = new TestKey();
  image = qcow2Of(bootable());
});
after(() => key[Symbol.dispose]());
beforeEach(async () => {
  vendor = await TestVendor.start();
  imago = await TestImago.start();
});
afterEach(async () => {
  await imago[Symbol.asyncDispose]();
  await vendor[Symbol.asyncDispose]();
});

async function order(entry: VendorImage, regions = ['us-east-1', 'eu-west-1']): Promise<string> {
  const { services } = imago;
  const input = { image: entry, regions, keyring: key.publicKey().toString('base64') };
  const what = { kind: 'pull-image', subject: entry.name, account: providerAccount.id, input };
  const task = newTask({ ...what, region: 'us-east-1', host: services.site.hostId }, services);
  await imago.context().catalog.write(({ tasks }) => tasks.insert(task));
  return task.id;
}

const ended = (id: string) =>
  imago.until(`${id} ended`, async () => {
    const row = await imago.catalog.read(({ tasks }) => tasks.get(id));
    return row && ['succeeded', 'failed'].includes(row.state) && row;
  });

const imagesOf = () => imago.catalog.read(({ images }) => images.list());
const pulls = () => {
  const folder = imago.home.pullsFolder;
  return existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
};

async function assertPulled(id: string): Promise<void> {
  const task = await ended(id);
  assert.equal(task.state, 'succeeded', JSON.stringify(task.error));
  const { imageIds } = task.outputs.register as { imageIds: Record<string, string> };
  const images = await imagesOf();
  assert.deepEqual(images.map((row) => row.id).sort(), Object.values(imageIds).sort());
  for (const row of images) {
    const { region, account, ownerAlias, state, launchPermissions, provider } = row;
    assert.equal(imageIds[region], row.id);
    assert.deepEqual(
      [account, ownerAlias, state, launchPermissions, provider],
      [providerAccount.id, 'amazon', 'available', ['all'], { name: 'test-1', version: 1 }],
    );
    assert.deepEqual(
      [row.architecture, row.bootMode, row.enaSupport, row.sriovNetSupport],
      ['x86_64', 'legacy-bios', true, undefined],
    );
    assert.match(row.name, /^test-1-amd64-\d{8}-\d{4}$/);
    assert.match(row.description ?? '', /^Test 1 \(disk.*, SHA-256 [0-9a-f]{64}\)$/);
    const [mapping] = row.blockDeviceMappings;
    assert.deepEqual([mapping?.deviceName, mapping?.ebs.volumeSizeGiB], [row.rootDeviceName, 1]);
    const snapshotId = mapping?.ebs.snapshotId ?? '';
    const disk = bootable();
    for (const at of [0, 511, mib + 12_345, diskBytes - 1]) {
      assert.equal(await imago.readSnapshot(snapshotId, at), disk[at], `${region} at ${at}`);
    }
  }
  assert.deepEqual(pulls(), []);
}

for (const [name, publish] of Object.entries({ publishDetached, publishClearsigned })) {
  test(`${name}: in each region, into each store, with what it is`, async () => {
    await assertPulled(await order(publish(vendor, key, image)));
  });
}

test('a second pull is the next version', async () => {
  const entry = publishDetached(vendor, key, image);
  await ended(await order(entry, ['us-east-1']));
  await ended(await order(entry, ['us-east-1']));
  const versions = (await imagesOf()).map(({ provider }) => provider?.version);
  assert.deepEqual(versions.sort(), [1, 2]);
});

test('killed in the middle, it goes on where it was, and only what is missing is asked for', async () => {
  const entry = publishDetached(vendor, key, image);
  const cut = Math.floor(image.length / 2);
  vendor.cuts = [cut];
  const id = await order(entry);
  const part = path.join(imago.home.pullsFolder, entry.name, 'image.part');
  await imago.until('half of it', async () => existsSync(part) && statSync(part).size === cut);
  await imago.stopTasks();
  assert.deepEqual(await imagesOf(), []);
  vendor.asked.length = 0;
  await imago.restart();
  await assertPulled(id);
  const [asked] = vendor.asked.filter((each) => each.name === entry.file);
  assert.equal(asked?.range, `bytes=${cut}-`);
});

test('a mirror that falls silent is given up, and the next order goes on', async () => {
  await imago.restart({ timeLimits: { callMs: 20_000, machineMs: 20_000, silenceMs: 1500 } });
  const entry = publishDetached(vendor, key, image);
  const half = Math.floor(image.length / 2);
  vendor.cuts = [half];
  const task = await ended(await order(entry));
  assert.match(task.error?.message ?? '', /does not answer.*run the same command again/);
  assert.deepEqual(await imagesOf(), []);
  vendor.asked.length = 0;
  await imago.restart();
  await assertPulled(await order(entry));
  const [asked] = vendor.asked.filter((each) => each.name === entry.file);
  assert.equal(asked?.range, `bytes=${half}-`);
});

test('killed before or after each step, it is done all the same', async () => {
  const entry = publishDetached(vendor, key, image);
  for (const step of ['fetch', 'import', 'register']) {
    for (const at of ['before', 'after'] as const) {
      let isKilled = false;
      await imago.restart({
        onStep(_kind, name, moment) {
          isKilled ||= name === step && moment === at;
          if (isKilled) throw new Error('killed');
        },
      });
      const known = (await imagesOf()).map((row) => row.id);
      const id = await order(entry, ['us-east-1']);
      await imago.until('it is killed', async () => isKilled);
      await imago.restart();
      assert.equal((await ended(id)).state, 'succeeded', `${at} ${step}`);
      const made = (await imagesOf()).filter((row) => !known.includes(row.id));
      assert.equal(made.length, 1, `${at} ${step}`);
      assert.deepEqual(pulls(), []);
    }
  }
});

test('how far it is is told', async () => {
  const entry = publishDetached(vendor, key, image);
  vendor.cuts = [Math.floor(image.length / 2)];
  const id = await order(entry);
  const { Progress, ProgressPercent } = await imago.until('progress', async () => {
    const { Tasks } = await imago.call(describeTasks, { TaskIds: [id] });
    const [task] = Array.isArray(Tasks) ? Tasks : [];
    return task?.Progress && task;
  });
  assert.equal(Progress?.TotalBytes, image.length);
  assert.ok(Progress && Progress.DoneBytes > 0 && Progress.DoneBytes < image.length);
  assert.ok(ProgressPercent !== undefined && ProgressPercent < 34, `${ProgressPercent}`);
  vendor.cutOff();
  await assertPulled(id);
  const { Tasks } = await imago.call(describeTasks, { TaskIds: [id] });
  assert.equal((Array.isArray(Tasks) ? Tasks : [])[0]?.Progress, undefined);
});

const damaged = () => {
  const bytes = Buffer.from(image);
  // Where compressed clusters are, behind the tables.
  bytes.fill(0xff, bytes.length - 20_000, bytes.length - 10_000);
  return bytes;
};
const refusals: [string, () => Buffer, RegExp][] = [
  [
    'no image',
    () => Buffer.alloc(mib, 'no image'),
    /disk.img was not taken.*does not begin as one/,
  ],
  ['a cluster that cannot be read', damaged, /disk.img was not taken.*compressed cluster/],
  [
    'nothing to boot',
    () => qcow2Of(Buffer.alloc(diskBytes, 7)),
    /not taken: it has nothing to boot/,
  ],
  ['an empty disk', () => qcow2Of(Buffer.alloc(0)), /not taken.*its disk is empty/],
];
for (const [name, bytes, message] of refusals) {
  test(`signed, but ${name}: refused, and nothing is left`, async () => {
    const task = await ended(await order(publishDetached(vendor, key, bytes())));
    assert.equal(task.state, 'failed');
    assert.match(task.error?.message ?? '', message);
    assert.doesNotMatch(task.error?.message ?? '', new RegExp(imago.home.folder));
    assert.deepEqual(await imagesOf(), []);
    assert.deepEqual(pulls(), []);
  });
}

test('signed by another: refused at once, with the fingerprint that it takes', async () => {
  using other = new TestKey();
  const entry = publishDetached(vendor, other, image);
  const task = await ended(
    await order({
      ...entry,
      signature: { ...entry.signature, fingerprints: [key.fingerprint] },
    } as VendorImage),
  );
  assert.equal(task.error?.code, 'Client.InvalidImage');
  assert.match(task.error?.message ?? '', new RegExp(key.fingerprint));
  assert.ok(!vendor.asked.some((each) => each.name === entry.file));
  assert.deepEqual(pulls(), []);
});
