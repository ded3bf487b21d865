/** What may be added to the root of an image, and where it would lead out of it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type AddedFile, AdditionImpossible, addFiles } from './additions.ts';
import { findTools } from './build-tools.ts';

let folder: string;
let rootFolder: string;
let outside: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'imago-additions-'));
  rootFolder = path.join(folder, 'root');
  outside = path.join(folder, 'outside');
  mkdirSync(path.join(rootFolder, 'etc'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(path.join(rootFolder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  writeFileSync(path.join(rootFolder, 'etc/group'), 'root:x:0:\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function add(change: Partial<AddedFile>): Promise<void> {
  const file = {
    path: '/a',
    content: Buffer.from('x'),
    mode: 0o644,
    owner: 'root:root',
    ...change,
  };
  const root = { rootFolder, installed: [], lists: '' };
  const workFolder = mkdtempSync(path.join(folder, 'work-'));
  await addFiles(root, [file], { tools: await findTools(), workFolder });
}

test('a link of the image leads nowhere, and what it names stays as it was', async () => {
  symlinkSync(outside, path.join(rootFolder, 'srv'));
  await assert.rejects(add({ path: '/srv/www/file' }), AdditionImpossible);
  assert.ok(!existsSync(path.join(outside, 'www')));
  symlinkSync(path.join(outside, 'target'), path.join(rootFolder, 'link'));
  await add({ path: '/link' });
  assert.ok(!existsSync(path.join(outside, 'target')), 'a link in its place is replaced');
});

test('a file takes no folder’s place, is below no file, and belongs to somebody who is there', async () => {
  await assert.rejects(add({ path: '/etc' }), /is a folder/);
  await assert.rejects(add({ path: '/etc/passwd/a' }), /etc\/passwd is no folder/);
  await assert.rejects(add({ owner: 'nobody:root' }), /no such user/);
  await assert.rejects(add({ owner: 'root:wheel' }), /no such group/);
});
