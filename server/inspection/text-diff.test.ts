/** What is told of two texts is what `patch` makes the one of the other by. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { unifiedDiff } from './text-diff.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'imago-diff-'));
});
after(() => rmSync(folder, { recursive: true }));

/** In TypeScript, so that many can be tried; the last is by `patch` itself. */
function applied(text: string, diff: string): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  let last = '';
  for (const line of diff.match(/[^\n]*\n/g) ?? []) {
    const [, start, count] = /^@@ -(\d+),(\d+) /.exec(line) ?? [];
    if (start !== undefined) {
      const first = count === '0' ? Number(start) : Number(start) - 1;
      out.push(...lines.slice(at, first));
      at = first;
    } else if (line.startsWith('\\')) {
      if (last !== '-') out.push((out.pop() as string).replace(/\n$/, ''));
      continue;
    } else {
      if (line[0] !== '+') at++;
      if (line[0] !== '-') out.push(line.slice(1));
    }
    last = line[0] as string;
  }
  return [...out, ...lines.slice(at)].join('');
}

const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', '', '@@', '-x', '+y'), { maxLength: 40 })
  .chain((lines) => fc.boolean().map((ends) => lines.join('\n') + (ends ? '\n' : '')));

test('it leads from the one to the other', () => {
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      assert.equal(applied(one, unifiedDiff(one, other)), other);
    }),
    { numRuns: 2000 },
  );
});

test('it is what diff writes, and patch takes it', () => {
  const one = Array.from({ length: 60 }, (_, index) => `line ${index}\n`);
  const other = [...one.slice(0, 10), 'new\n', ...one.slice(11, 40), ...one.slice(43), 'end'];
  const names = ['one', 'other'].map((name) => path.join(folder, name)) as [string, string];
  writeFileSync(names[0], one.join(''));
  writeFileSync(names[1], other.join(''));
  const diff = unifiedDiff(one.join(''), other.join(''));
  let said = '';
  try {
    execFileSync('diff', ['-u', ...names]);
  } catch (error) {
    said = String((error as { stdout: Buffer }).stdout);
  }
  assert.equal(diff, said.replace(/^(---|\+\+\+) .*\n/gm, ''));
  writeFileSync(path.join(folder, 'patch'), `--- one\n+++ one\n${diff}`);
  execFileSync('patch', ['-s', names[0], path.join(folder, 'patch')]);
  assert.equal(readFileSync(names[0], 'utf8'), other.join(''));
});

test('texts that have nothing in common are replaced, in bounded time', () => {
  const text = (word: string) => Array.from({ length: 5000 }, (_, i) => `${word} ${i}\n`).join('');
  const diff = unifiedDiff(text('a'), text('b'));
  assert.match(diff, /^@@ -1,5000 \+1,5000 @@\n-a 0\n/);
});
