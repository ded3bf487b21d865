/** Downloads that are cut off, go on, and begin anew where they must. */
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { nodeFiles } from '../files/node/node-files.ts';
import { type Download, download } from './download.ts';
import { partBytesOf, TestVendor, temporaryFolder } from './test-vendor.ts';

const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) % 251));
let vendor: TestVendor;
let folder: string;
beforeEach(async () => {
  vendor = await TestVendor.start();
  vendor.files.set('disk.img', bytes);
  folder = path.join(temporaryFolder('download'), 'pulls', 'x');
});
afterEach(() => vendor[Symbol.asyncDispose]());

function fetchIt(more: Partial<Download> = {}): Promise<void> {
  return download({
    url: new URL('disk.img', vendor.folder),
    folder,
    maxBytes: 1_000_000,
    files: nodeFiles,
    signal: new AbortController().signal,
    onProgress() {},
    pauseMs: 1,
    ...more,
  });
}

/** What an earlier try leaves that was stopped at about so many bytes. */
async function leave(cut: number): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  const stopped = new AbortController();
  vendor.cuts = [cut];
  const onProgress = (done: number) => {
    if (done >= cut) stopped.abort();
  };
  await assert.rejects(fetchIt({ signal: stopped.signal, onProgress }), { name: 'AbortError' });
  vendor.asked.length = 0;
  return partBytesOf(folder).length;
}

test('what was cut off goes on where it ended, within one try', async () => {
  vendor.cuts = [100_000, 50_000];
  const told: number[] = [];
  const onProgress = (done: number) => {
    told.push(done);
    if (done === 100_000 || done === 150_000) vendor.cutOff();
  };
  await fetchIt({ onProgress });
  assert.ok(partBytesOf(folder).equals(bytes));
  assert.deepEqual(
    vendor.asked.map(({ range }) => range),
    [undefined, 'bytes=100000-', 'bytes=150000-'],
  );
  assert.deepEqual(
    told,
    told.toSorted((a, b) => a - b),
  );
  assert.equal(told.at(-1), bytes.length);
});

test('and by the next try: only what is missing is asked for', async () => {
  const have = await leave(120_000);
  assert.equal(have, 120_000);
  await fetchIt();
  assert.ok(partBytesOf(folder).equals(bytes));
  const [first] = vendor.asked;
  assert.equal(first?.range, `bytes=${have}-`);
  assert.match(first?.ifRange ?? '', /^"[0-9a-f]{32}"$/);
});

test('what is whole is not asked for again', async () => {
  await fetchIt();
  vendor.asked.length = 0;
  await fetchIt();
  assert.deepEqual(vendor.asked, []);
});

test('a server without ranges sends it all again', async () => {
  await leave(120_000);
  vendor.ranges = false;
  await fetchIt();
  assert.ok(partBytesOf(folder).equals(bytes));
});

test('a file that was changed meanwhile begins anew, also where If-Range is not known', async () => {
  for (const headers of [{}, { etag: '"always the same"' }]) {
    await leave(120_000);
    const changed = Buffer.alloc(bytes.length, headers.etag ? 'x' : 'y');
    vendor.files.set('disk.img', changed);
    Object.assign(vendor.headers, headers);
    await fetchIt();
    assert.ok(partBytesOf(folder).equals(changed));
    vendor.files.set('disk.img', bytes);
  }
});

test('a file that became shorter begins anew', async () => {
  await leave(120_000);
  vendor.validators = false;
  vendor.files.set('disk.img', bytes.subarray(0, 60_000));
  await fetchIt();
  assert.ok(partBytesOf(folder).equals(bytes.subarray(0, 60_000)));
});

test('the part of another address is not gone on with', async () => {
  await leave(120_000);
  vendor.files.set('other.img', bytes);
  await fetchIt({ url: new URL('other.img', vendor.folder) });
  assert.deepEqual(vendor.asked, [{ name: 'other.img' }]);
});

test('a server that is busy is asked again; one that stays so is told of, and the part is kept', async () => {
  vendor.statuses.set('disk.img', [503, 429, 200]);
  await fetchIt();
  assert.ok(partBytesOf(folder).equals(bytes));
  await leave(120_000);
  vendor.statuses.set('disk.img', Array(20).fill(503));
  await assert.rejects(fetchIt(), /answers 503.*kept: run the same command again/);
  assert.equal(partBytesOf(folder).length, 120_000);
});

test('what the vendor has no more is refused at once, with what to do', async () => {
  await assert.rejects(fetchIt({ url: new URL('gone.img', vendor.folder) }), /404.*--from/);
  assert.equal(vendor.asked.length, 1);
  assert.equal(existsSync(folder), false);
});

test('more than there may be is refused, told before or not', async () => {
  await assert.rejects(fetchIt({ maxBytes: 300_000 }), /more than it may/);
  vendor.lengths = false;
  await assert.rejects(fetchIt({ maxBytes: 300_000 }), /more than it may/);
  assert.equal(existsSync(folder), false);
  await fetchIt();
  assert.ok(partBytesOf(folder).equals(bytes));
});

test('redirects are followed, but not into another scheme, and not for ever', async () => {
  vendor.files.set('real.img', bytes);
  vendor.redirects.set('disk.img', 'real.img');
  await fetchIt();
  assert.ok(partBytesOf(folder).equals(bytes));
  for (const location of ['https://127.0.0.1/disk.img', 'file:///etc/passwd', 'disk.img']) {
    vendor.redirects.set('disk.img', location);
    await nodeFiles.unlink(path.join(folder, 'origin.json')).catch(() => {});
    await assert.rejects(fetchIt(), /which is not http|leads on and on/, location);
  }
});

test('an answer that is encoded is refused', async () => {
  vendor.headers['content-encoding'] = 'gzip';
  await assert.rejects(fetchIt(), /encoded/);
});
