import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes } from '../server/foundations/sizes.ts';
import { formatDuration, Output, type OutputOptions } from './output.ts';
import { Progress } from './progress.ts';

function collect(isTTY: boolean, options: Partial<OutputOptions> = {}) {
  let text = '';
  const stream = {
    isTTY,
    write: (part: string) => {
      text += part;
    },
  };
  const output = new Output(stream, { json: false, ...options });
  return { stream, output, text: () => text };
}

test('a table is aligned by its longest cells and has no trailing blanks', () => {
  const { output, text } = collect(false);
  output.table(
    ['ID', 'NAME'],
    [
      ['ami-1', 'a'],
      ['i', 'long name'],
    ],
  );
  assert.equal(text(), 'ID     NAME\nami-1  a\ni      long name\n');
});

test('what others wrote cannot command the terminal from within a table', () => {
  const { output, text } = collect(true, { noColor: '1' });
  output.table(['ID', 'NAME'], [['i-1', 'web\x1b[2J\x07\nserver']]);
  assert.equal(text(), 'ID   NAME\ni-1  web^G server\n');
});

test('colours are for terminals only, and not with NO_COLOR', () => {
  assert.notEqual(collect(true).output.style('red', 'x'), 'x');
  assert.equal(collect(false).output.style('red', 'x'), 'x');
  assert.equal(collect(true, { noColor: '1' }).output.style('red', 'x'), 'x');
  assert.notEqual(collect(true, { noColor: '' }).output.style('red', 'x'), 'x');
});

test('a heading in a table stands over its columns, and no longer than it is they are', () => {
  const { output, text } = collect(false);
  output.table(
    ['ID', 'DAY'],
    ['i-1 (a long\x1b[2J name of a machine)', ['ami-1', 'Monday'], 'i-2', ['ami-22', '']],
  );
  assert.equal(
    text(),
    'ID      DAY\ni-1 (a long name of a machine)\nami-1   Monday\ni-2\nami-22\n',
  );
});

test('bytes and durations are told in units that fit', () => {
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(1023), '1023 B');
  assert.equal(formatBytes(64.5 * 1024 ** 2), '64.5 MiB');
  assert.equal(formatBytes(5000 * 1024 ** 4), '5000.0 TiB');
  assert.equal(formatDuration(340), '0.3 s');
  assert.equal(formatDuration(59_940), '59.9 s');
  assert.equal(formatDuration(125_000), '2 min 05 s');
});

test('a step without a terminal is one plain line, marked by how it ended', async () => {
  const { stream, output, text } = collect(false);
  const progress = new Progress(stream, output);
  const value = await progress.step('Build', async (step) => {
    step.doing('not shown');
    step.result('ami-1');
    return 7;
  });
  assert.equal(value, 7);
  assert.match(text(), /^ {2}✔ Build {2}\d+\.\d s {2}ami-1\n$/);
  const failure = new Error('no');
  await assert.rejects(
    progress.step('Launch', async () => {
      throw failure;
    }),
    failure,
  );
  assert.match(text(), /\n {2}✖ Launch {2}\d+\.\d s\n$/);
});
