import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeInitramfs } from './initramfs.ts';

interface Member {
  name: string;
  mode: string;
  owner: string;
  content: string;
}

/**
 * Reads as the kernel's documentation of the format says (early-userspace/buffer-format): all
 * positions by its rules.
 */
function members(archive: Buffer): Member[] {
  const found: Member[] = [];
  for (let at = 0; at < archive.length; ) {
    assert.equal(at % 4, 0, 'headers are aligned');
    assert.equal(archive.toString('latin1', at, at + 6), '070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, user, group, size, nameSize] = [1, 2, 3, 6, 11].map(field) as [
      ...[number, number, number, number, number],
    ];
    const nameEnd = at + 110 + nameSize;
    assert.equal(archive[nameEnd - 1], 0, 'a name ends with a NUL');
    const contentStart = Math.ceil(nameEnd / 4) * 4;
    found.push({
      name: archive.toString('utf8', at + 110, nameEnd - 1),
      mode: mode.toString(8),
      owner: `${user}:${group}`,
      content: archive.toString('utf8', contentStart, contentStart + size),
    });
    at = Math.ceil((contentStart + size) / 4) * 4;
  }
  return found;
}

test('an initramfs holds its entries, root-owned, and ends with the trailer', () => {
  const archive = makeInitramfs([
    { path: 'bin', type: 'folder' },
    { path: 'bin/busybox', type: 'file', content: Buffer.from('program!?'), executable: true },
    { path: 'bin/sh', type: 'link', content: Buffer.from('busybox') },
    { path: 'order', type: 'file', content: Buffer.from('abc') },
  ]);
  const owner = '0:0';
  assert.deepEqual(members(archive), [
    { name: 'bin', mode: '40755', owner, content: '' },
    { name: 'bin/busybox', mode: '100755', owner, content: 'program!?' },
    { name: 'bin/sh', mode: '120755', owner, content: 'busybox' },
    { name: 'order', mode: '100644', owner, content: 'abc' },
    { name: 'TRAILER!!!', mode: '0', owner, content: '' },
  ]);
});
