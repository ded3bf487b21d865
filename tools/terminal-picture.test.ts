import assert from 'node:assert/strict';
import { test } from 'node:test';
import { screenLines, spansOf, terminalPicture } from './terminal-picture.ts';

test('a line that was redrawn shows its last state', () => {
  const output =
    '> npm run\r\n\x1b[1mnpm\x1b[22m warn x\r\n\r\n\r\x1b[2K  ⠋ Build  0.1 s\r\x1b[2K  ✔ Build  0.2 s\r\n\r\ndone\r\n⠙\x1b[1G\x1b[0K';
  assert.deepEqual(screenLines(output), ['  ✔ Build  0.2 s', '', 'done']);
});

test('colours end where the terminal is told so', () => {
  assert.deepEqual(spansOf('a\x1b[1mb\x1b[22mc\x1b[2m\x1b[32md\x1b[39me\x1b[0mf'), [
    { text: 'a', style: '' },
    { text: 'b', style: 'font-weight:bold' },
    { text: 'c', style: '' },
    { text: 'd', style: 'opacity:.6;fill:#7fd18b' },
    { text: 'e', style: 'opacity:.6' },
    { text: 'f', style: '' },
  ]);
});

test('the picture is XML whatever was printed', () => {
  const picture = terminalPicture('a & b', '<tag> & "quotes"');
  assert.match(picture, /<tspan>&lt;tag&gt; &amp; "quotes"<\/tspan>/);
  assert.match(picture, /<title>a &amp; b<\/title>/);
});
