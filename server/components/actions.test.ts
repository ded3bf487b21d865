/** What action modules do to files, by a real shell in a folder of the test. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readDocument } from './read-document.ts';
import { initialProgress, runPhase } from './run-phase.ts';
import { TestShell } from './test-shell.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-actions-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs one step and answers its output, if it has one. */
async function act(action: string, inputs: object, output?: string): Promise<string> {
  const steps: object[] = [{ name: 'Act', action, inputs }];
  if (output) {
    const text = `{{ build.Act.outputs.${output} }}`;
    steps.push({ name: 'Told', action: 'ExecuteBash', inputs: { commands: [`# ${text}`] } });
  }
  // JSON is YAML, too.
  const text = JSON.stringify({ schemaVersion: '1.0', phases: [{ name: 'build', steps }] });
  const progress = await runPhase(
    {
      ...{ document: readDocument(text), phase: 'build', parameters: {}, id: 'c' },
      ...{ shell: new TestShell(folder), log: () => {}, output: () => {}, save: async () => {} },
      documentOf: async (arn) => (arn === 'arn:other' ? other : undefined),
    },
    initialProgress(),
  );
  return progress.outputs[`build.Act.${output}`] ?? '';
}

/** Creates a file that its parameter names. */
const other = `schemaVersion: 1.0
parameters: [{ File: { type: string } }]
phases:
  - name: build
    steps:
      - { name: A, action: CreateFile, inputs: { path: '{{ File }}' } }
      - { name: B, action: AppendFile, inputs: { path: '{{ File }}', content: x } }
`;

const at = (name: string) => path.join(folder, name);

test('files are created, appended to, read, and listed', async () => {
  const file = at('deep/in it/one.txt');
  await act('CreateFile', [{ path: file, content: "it's\n$HOME\n", permissions: '0600' }]);
  await act('AppendFile', { path: file, content: 'more' });
  assert.equal(await readFile(file, 'utf8'), "it's\n$HOME\nmore");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal(await act('ReadFile', { path: file }, 'content'), "it's\n$HOME\nmore");
  await assert.rejects(act('CreateFile', { path: file, overwrite: 'false' }), /exit code 1/);
  await assert.rejects(act('AppendFile', { path: at('none'), content: 'x' }), /exit code 1/);
  await writeFile(at('deep/two.txt'), '');
  const files = await act('ListFiles', { path: at('deep'), recursive: 'true' }, 'files');
  assert.equal(files, `${file},${at('deep/two.txt')}`);
  assert.equal(await act('ListFiles', { path: at('deep') }, 'files'), at('deep/two.txt'));
});

test('files and folders are copied and moved, by wildcards too', async () => {
  for (const name of ['a1', 'a2', 'b?']) await writeFile(at(name), name);
  await act('CopyFile', { source: at('a*'), destination: `${at('to')}/` });
  assert.deepEqual((await readdir(at('to'))).sort(), ['a1', 'a2']);
  await act('MoveFile', { source: at('b?'), destination: at('to/b') });
  assert.equal(await readFile(at('to/b'), 'utf8'), 'b?');
  const taken = { source: at('a1'), destination: at('to/b'), overwrite: 'false' };
  await assert.rejects(act('CopyFile', taken), /exit code 1/);
  await assert.rejects(act('CopyFile', { source: at('no*'), destination: at('x') }), /exit code 1/);
  await act('CopyFolder', { source: at('to'), destination: at('copy') });
  assert.deepEqual((await readdir(at('copy'))).sort(), ['a1', 'a2', 'b']);
  await act('MoveFolder', { source: `${at('copy')}/`, destination: `${at('moved')}/` });
  assert.deepEqual(await readdir(at('moved')), ['copy']);
  await assert.rejects(stat(at('copy')), /ENOENT/);
});

test('folders, links and permissions are made, and what was made is deleted', async () => {
  await act('CreateFolder', { path: at('one/two'), permissions: '0750' });
  assert.equal((await stat(at('one/two'))).mode & 0o777, 0o750);
  await writeFile(at('one/file'), '');
  await act('CreateSymlink', { path: at('links/link'), target: at('one/file') });
  assert.equal(await readlink(at('links/link')), at('one/file'));
  const again = { path: at('links/link'), target: at('one') };
  await assert.rejects(act('CreateSymlink', again), /exit code 1/);
  await act('CreateSymlink', { ...again, force: 'true' });
  assert.ok((await lstat(at('links/link'))).isSymbolicLink());
  await act('SetFilePermissions', { path: at('one/file'), permissions: '0604' });
  assert.equal((await stat(at('one/file'))).mode & 0o777, 0o604);
  await act('SetFolderPermissions', { path: at('one'), permissions: '0700' });
  assert.equal((await stat(at('one/file'))).mode & 0o777, 0o700);
  const user = os.userInfo().username;
  await act('SetFileOwner', { path: at('one/file'), owner: user });
  await act('SetFolderOwner', { path: at('one'), owner: user, recursive: 'false' });
  await assert.rejects(act('DeleteFolder', { path: at('one') }), /exit code 1/);
  await act('DeleteFile', { path: `${at('one')}/f*` });
  assert.deepEqual(await readdir(at('one')), ['two']);
  await act('DeleteFolder', { path: at('one'), force: 'true' });
  await assert.rejects(stat(at('one')), /ENOENT/);
});

test('a download is there as a whole and with its checksum, or not at all', async (t) => {
  const content = 'of the web';
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.tar?x=1`;
  const checksum = createHash('sha256').update(content).digest('hex').toUpperCase();
  await mkdir(at('down'));
  const wanted = { source, destination: `${at('down')}/`, checksum, algorithm: 'SHA256' };
  assert.equal(await act('WebDownload', wanted, 'destination'), at('down/file.tar'));
  assert.equal(await readFile(at('down/file.tar'), 'utf8'), content);
  await act('WebDownload', wanted);
  assert.equal(asked, 1, 'what is there already is not fetched again');
  const wrong = { ...wanted, destination: at('wrong'), checksum: checksum.replaceAll('A', 'B') };
  await assert.rejects(act('WebDownload', { ...wrong, checksum: '00' }), /exit code 1/);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('wrong')),
    [],
  );
  await assert.rejects(
    act('WebDownload', { source, destination: at('x') }),
    /'checksum' is missing/,
  );
});

test('a document runs others, by their ARN or as files of the machine', async () => {
  const [one, two] = [at('one'), at('two')];
  const file = at('other.yaml');
  await writeFile(file, other);
  const asked = (document: string, value: string) => ({
    document,
    parameters: [{ name: 'File', value }],
  });
  await act('ExecuteDocument', [asked('arn:other', one), asked(file, two)]);
  assert.equal(await readFile(one, 'utf8'), 'x');
  assert.equal(await readFile(two, 'utf8'), 'x');
  for (const [inputs, why] of [
    [asked('arn:none', one), /there is no such component/],
    [asked(at('none'), one), /there is no such file/],
    [{ document: 'arn:other' }, /the parameter 'File' is missing/],
    [{ ...asked('arn:other', one), phases: ['test'] }, /has no phase test/],
  ] as const) {
    await assert.rejects(act('ExecuteDocument', inputs), why);
  }
});
