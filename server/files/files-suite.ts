/** What every implementation of the file operations must do: called by the test of each. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Files } from './files.ts';
import { readFileWithin, replaceFile } from './whole-file.ts';

/** `setUp` gives an empty folder for each test. */
export function testFiles(
  name: string,
  setUp: () => Promise<{ files: Files; folder: string }>,
): void {
  describe(name, () => {
    const write = async (files: Files, file: string, text: string) => {
      await using handle = await files.open(file, 'create', 0o640);
      await handle.write(Buffer.from(text), 0);
      await handle.sync();
    };
    const read = async (files: Files, file: string) =>
      (await readFileWithin(files, file, 1000))?.toString();
    const code = (wanted: string) => (error: unknown) =>
      (error as NodeJS.ErrnoException).code === wanted;

    test('reads back what was written, at any place, with zeros between', async () => {
      const { files, folder } = await setUp();
      const file = path.join(folder, 'a');
      await using handle = await files.open(file, 'create', 0o600);
      await handle.chmod(0o640);
      await handle.write(Buffer.from('end'), 7);
      await handle.write(Buffer.from('begin'), 0);
      assert.equal(await read(files, file), 'begin\0\0end');
      await handle.truncate(3);
      await handle.truncate(5);
      const bytes = Buffer.alloc(10, 'x');
      assert.equal(await handle.read(bytes, 1), 4);
      assert.equal(bytes.toString(), 'eg\0\0xxxxxx');
      const { kind, sizeBytes, mode } = await handle.stat();
      assert.deepEqual({ kind, sizeBytes, mode }, { kind: 'file', sizeBytes: 5, mode: 0o640 });
    });

    test('creates what is not there, and opens what is', async () => {
      const { files, folder } = await setUp();
      const file = path.join(folder, 'a');
      await assert.rejects(files.open(file, 'read'), code('ENOENT'));
      await assert.rejects(files.open(file, 'update'), code('ENOENT'));
      await assert.rejects(files.open(path.join(folder, 'no', 'a'), 'create'), code('ENOENT'));
      await write(files, file, 'one');
      await assert.rejects(files.open(file, 'create'), code('EEXIST'));
      await using handle = await files.open(file, 'update');
      await handle.write(Buffer.from('t'), 1);
      assert.equal(await read(files, file), 'ote');
    });

    test('renames over what is there; an open file stays what it was', async () => {
      const { files, folder } = await setUp();
      const [a, b] = [path.join(folder, 'a'), path.join(folder, 'b')];
      await write(files, a, 'new');
      await write(files, b, 'old');
      await using open = await files.open(b, 'read');
      await files.rename(a, b);
      assert.equal(await read(files, b), 'new');
      assert.equal(await read(files, a), undefined);
      const bytes = Buffer.alloc(3);
      await open.read(bytes, 0);
      assert.equal(bytes.toString(), 'old');
      await assert.rejects(files.rename(a, b), code('ENOENT'));
    });

    test('a link is another name of the same file, and takes no name that is taken', async () => {
      const { files, folder } = await setUp();
      const [a, b] = [path.join(folder, 'a'), path.join(folder, 'b')];
      await write(files, a, 'text');
      await files.link(a, b);
      await assert.rejects(files.link(a, b), code('EEXIST'));
      await files.unlink(a);
      assert.equal(await read(files, b), 'text');
      await assert.rejects(files.unlink(a), code('ENOENT'));
    });

    test('many may make folders below one that is not there yet', async () => {
      const { files, folder } = await setUp();
      for (const round of ['1', '2', '3', '4', '5']) {
        const below = path.join(folder, round, 'new');
        const siblings = Array.from({ length: 20 }, (_, name) => path.join(below, `${name}`));
        await Promise.all(siblings.map((sibling) => files.mkdir(sibling)));
        for (const sibling of siblings) assert.equal((await files.stat(sibling)).kind, 'folder');
      }
    });

    test('folders: made with those above, listed, removed when empty', async () => {
      const { files, folder } = await setUp();
      const deep = path.join(folder, 'x', 'y');
      await files.mkdir(deep, 0o750);
      await files.mkdir(deep);
      await write(files, path.join(deep, 'a'), '');
      assert.deepEqual(await files.readdir(folder), ['x']);
      assert.equal((await files.stat(deep)).kind, 'folder');
      await files.syncFolder(deep);
      await assert.rejects(files.rmdir(deep), code('ENOTEMPTY'));
      await assert.rejects(files.unlink(deep));
      await files.unlink(path.join(deep, 'a'));
      await files.rmdir(deep);
      assert.deepEqual(await files.readdir(path.join(folder, 'x')), []);
      await assert.rejects(files.readdir(deep), code('ENOENT'));
      await assert.rejects(files.stat(deep), code('ENOENT'));
      await assert.rejects(files.syncFolder(deep), code('ENOENT'));
    });

    test('a small file is replaced as a whole, and read within its bound', async () => {
      const { files, folder } = await setUp();
      const file = path.join(folder, 'record.json');
      await replaceFile(files, file, Buffer.from('one'), { mode: 0o644 });
      // What a crash left of an earlier try is in nobody's way.
      await write(files, `${file}.new`, 'half');
      await replaceFile(files, file, Buffer.from('two'), { mode: 0o644 });
      assert.equal(await read(files, file), 'two');
      assert.equal((await files.stat(file)).mode, 0o644);
      assert.deepEqual(await files.readdir(folder), ['record.json']);
      await assert.rejects(readFileWithin(files, file, 2), /has 3 bytes/);
      await assert.rejects(readFileWithin(files, folder, 2));
    });
  });
}
