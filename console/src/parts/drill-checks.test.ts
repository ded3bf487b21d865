import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksAsText, readChecks } from './drill-checks.ts';
import { drillCommand, putChecksCommand } from './drill-command.ts';

test('checks are read as the command line reads them, and what is wrong is told by its line', () => {
  assert.deepEqual(readChecks(' \n'), {});
  const text =
    'timeout: 60\nchecks:\n  - port: 22\n  - command: df\n    equals: 1.10\ncompare: [/etc/passwd]\n';
  assert.deepEqual(readChecks(text), {
    BootTimeoutSeconds: 60,
    Checks: [{ Port: 22 }, { Command: 'df', Equals: '1.10' }],
    Compare: ['/etc/passwd'],
  });
  assert.deepEqual(readChecks(checksAsText(readChecks(text))), readChecks(text));
  for (const [wrong, message] of [
    ['checks:\n  - port: ssh\n', /^Line 2: port is a whole number/],
    ['checks:\n  - comand: df\n', /^Line 2: there is no 'comand'/],
    ['checks: {}\n', /^Line 1: checks is a list/],
    ['checks:\n  - [\n', /^Line \d: /],
    ['__proto__: x\n', /^Line 1: there is no '__proto__'/],
  ] as const) {
    assert.throws(() => readChecks(wrong), { message });
  }
});

test('the command has the text as it is, whatever is in it', () => {
  assert.equal(drillCommand('ami-1', ''), 'bin/imago drill ami-1');
  assert.equal(
    drillCommand('snap-1', "checks:\n  - command: echo 'a' $b\nEND\n"),
    "cat > drill.yaml << 'END_'\nchecks:\n  - command: echo 'a' $b\nEND\nEND_\nbin/imago drill snap-1 --checks drill.yaml",
  );
  assert.equal(
    putChecksCommand('i-1', 'checks:\n  - port: 22\n'),
    "cat > drill.yaml << 'END'\nchecks:\n  - port: 22\nEND\nbin/imago drill checks put i-1 drill.yaml",
  );
});
