import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from './run-command.ts';

test('standard output comes back, standard error line by line', async () => {
  const lines: string[] = [];
  const script = 'process.stdin.pipe(process.stdout); console.error("one\\ntwo\\n")';
  const output = await runCommand(process.execPath, ['-e', script], {
    input: 'what went in',
    onLine: (line) => lines.push(line),
  });
  assert.equal(output.toString(), 'what went in');
  assert.deepEqual(lines, ['one', 'two']);
});

test('a failure names the command and quotes its last words only', async () => {
  const script = 'for (let i = 0; i < 50; i++) console.error("line " + i); process.exitCode = 3';
  await assert.rejects(runCommand(process.execPath, ['-e', script]), (error: Error) => {
    assert.match(error.message, /node.* failed \(3\)/);
    assert.match(error.message, /line 49/);
    assert.doesNotMatch(error.message, /line 20/);
    return true;
  });
});

test('variables are set for the command alone', async () => {
  const output = await runCommand(process.execPath, ['-p', 'process.env.OF_THE_TEST'], {
    variables: { OF_THE_TEST: 'a b' },
  });
  assert.equal(output.toString().trim(), 'a b');
  assert.equal(process.env.OF_THE_TEST, undefined);
});

test('arguments with a shell in them stay arguments', async () => {
  const output = await runCommand(process.execPath, ['-p', 'process.argv[1]', '$(id); *']);
  assert.equal(output.toString().trim(), '$(id); *');
});

test('an abort ends the command', async () => {
  const abort = new AbortController();
  const script = 'console.error("ready"); setInterval(() => {}, 1000)';
  const running = runCommand(process.execPath, ['-e', script], {
    signal: abort.signal,
    onLine: () => abort.abort(),
  });
  await assert.rejects(running, { name: 'AbortError' });
});
