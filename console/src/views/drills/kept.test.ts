import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pictureOf, said } from './kept.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a picture is one that begins as JPEGs do; a console is text without orders to a terminal', () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]).toString('base64');
  assert.equal(pictureOf(jpeg), `data:image/jpeg;base64,${jpeg}`);
  assert.equal(pictureOf(base64('<svg onload=owned()>')), undefined);
  assert.equal(pictureOf(undefined), undefined);
  const console = '\u001b[1;31mred\u001b[0m \u001b]0;title\u0007é\r\n\u001b[2Jlogin:\u0000 \n';
  assert.equal(said(base64(console)), 'red é\nlogin:');
  assert.equal(said('<img>'), '');
  assert.equal(said(undefined), undefined);
});
