import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HarmlessStream, harmless, harmlessLine } from './terminal-text.ts';

test('escape sequences are left out, plain text stays', () => {
  assert.equal(
    harmless('\x1b[0;32m  OK  \x1b[0m Started ssh — gestartet'),
    '  OK   Started ssh — gestartet',
  );
  assert.equal(harmless('\x1bc\x1b[?7l\x1b[2JSeaBIOS\x1b(B'), 'SeaBIOS');
  assert.equal(harmless('a\x1b]0;title\x07b\x1b]52;c;cm0gLXJm\x1b\\c\x1bP$q"p\x1b\\d'), 'abcd');
  assert.equal(harmless('a\u009b31mb\u009d0;title\u009cc'), 'abc');
});

test('what is left of control characters is shown', () => {
  assert.equal(
    harmless('bell\x07 back\x08 del\x7f nul\0 esc\x1b'),
    'bell^G back^H del^? nul^@ esc^[',
  );
  assert.equal(harmless('next\u0085 csi\u009b'), 'next\\x85 csi\\x9b');
  assert.equal(harmless('\x1b]0;no end of it\nnext line'), '^[]0;no end of it\nnext line');
});

test('lines stay lines', () => {
  assert.equal(harmless('a\r\nb\r\r\nc\td\n'), 'a\nb\nc\td\n');
  assert.equal(harmless(' 10 %\r 20 %\r\n'), ' 10 %\n 20 %\n');
  assert.equal(harmlessLine('name\n\tof two\x1b[2J lines'), 'name of two lines');
});

const piece = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '\x1b',
    '\x1b[',
    '\x1b]',
    '\x1bP',
    '\x9b',
    '\x9d',
    '\x9c',
    '\x1b\\',
    '\x07',
    '\r',
    '\n',
    '31m',
    '0;t',
  ),
);

test('nothing that a terminal obeys comes through, however the text is cut', () => {
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const stream = new HarmlessStream();
      const shown = `${pieces.map((part) => stream.add(part)).join('')}${stream.end()}`;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
      assert.doesNotMatch(shown, /[\0-\x08\x0b-\x1f\x7f-\x9f]/);
      assert.equal(shown, harmless(pieces.join('')));
    }),
  );
});

test('a sequence that never ends holds back a bounded part', () => {
  const stream = new HarmlessStream();
  let shown = stream.add('\x1b]0;');
  for (let i = 0; i < 100; i++) shown += stream.add('0123456789');
  assert.ok(shown.length > 400, `${shown.length} characters shown`);
});
