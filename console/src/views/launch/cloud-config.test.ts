/** Colours change no letter, whatever is typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coloured } from './cloud-config.ts';

test('the pieces are the text', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
  fc.assert(
    fc.property(texts, fc.boolean(), (text, isYaml) => {
      const source = isYaml ? `#cloud-config\n${text}` : text;
      assert.equal(
        coloured(source)
          .map((piece) => piece.text)
          .join(''),
        source,
      );
    }),
  );
});

test('keys and comments of cloud-config are told', () => {
  const pieces = coloured('#cloud-config\npackages:\n  - nginx # a server\n');
  const of = (kind: string) =>
    pieces.filter((piece) => piece.kind === kind).map(({ text }) => text);
  assert.deepEqual(of('key'), ['packages']);
  assert.deepEqual(of('comment'), ['#cloud-config\n', '\n', ' # a server\n']);
});
