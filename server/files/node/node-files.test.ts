import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { testFiles } from '../files-suite.ts';
import { readFileWithin } from '../whole-file.ts';
import { nodeFiles } from './node-files.ts';

let root = '';
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'files-'));
});
after(() => rm(root, { recursive: true }));
const newFolder = () => mkdtemp(path.join(root, 'x'));

testFiles('nodeFiles', async () => ({ files: nodeFiles, folder: await newFolder() }));

test('neither a link is followed nor a FIFO waited on', async () => {
  const folder = await newFolder();
  await writeFile(path.join(folder, 'secret'), 'secret');
  await symlink('secret', path.join(folder, 'link'));
  await assert.rejects(nodeFiles.open(path.join(folder, 'link'), 'read'), { code: 'ELOOP' });
  assert.equal((await nodeFiles.stat(path.join(folder, 'link'))).kind, 'other');
  execFileSync('mkfifo', [path.join(folder, 'fifo')]);
  await assert.rejects(readFileWithin(nodeFiles, path.join(folder, 'fifo'), 100), /is not a file/);
});

test('a folder that takes none, such as an automounter’s, is an error and no wait', async () => {
  await assert.rejects(nodeFiles.mkdir('/proc/none/below'), { code: 'ENOENT' });
});
