/** Lists of checksums in the forms that vendors have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumOf } from './checksum-list.ts';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
const long = 'c'.repeat(128);
const of = (list: string, name = 'SHA256SUMS') => checksumOf(list, { file: 'disk.img', name });

test('coreutils, for text and binary, and BSD', () => {
  const expected = { algorithm: 'sha256', hex: a };
  assert.deepEqual(of(`${b}  other.img\n${a}  disk.img\n`), expected);
  assert.deepEqual(of(`${a} *disk.img\r\n`), expected);
  assert.deepEqual(of(`# disk.img: 1 bytes\nSHA256 (disk.img) = ${a.toUpperCase()}\n`), expected);
});

test('the longest counts', () => {
  const list = `SHA256 (disk.img) = ${a}\nSHA512 (disk.img) = ${long}\n`;
  assert.deepEqual(of(list), { algorithm: 'sha512', hex: long });
});

test('a hash alone is of the file whose list it is', () => {
  assert.deepEqual(of(`${long}\n`, 'disk.img.sha512'), { algorithm: 'sha512', hex: long });
  assert.throws(() => of(`${long}\n`), /has no SHA-256/);
  assert.throws(() => of(`${long}\n${long}\n`, 'disk.img.sha512'), /has no SHA-256/);
});

test('a list that does not name the file, or names it twice, is refused', () => {
  for (const list of [
    '',
    `${a}  disk.img.old\n`,
    `${a}  old/disk.img\n`,
    `${a.slice(1)}  disk.img\n`,
    `MD5 (disk.img) = ${'d'.repeat(32)}\n`,
    `SHA512 (disk.img) = ${a}\n`,
    ` ${a}  disk.img\n`,
  ]) {
    assert.throws(() => of(list), /has no SHA-256 or SHA-512 of disk.img/, list);
  }
  assert.throws(() => of(`${a}  disk.img\n${b}  disk.img\n`), /two checksums/);
  assert.equal(of(`${a}  disk.img\n${a} *disk.img\n`).hex, a);
});
