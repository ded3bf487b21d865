/** What a look at the machine finds, as operators are told it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { shared } from '../../doctor/examine.ts';
import { createTestContext } from '../test-context.ts';
import { describeDoctor } from './DescribeDoctor.ts';

test('the machine is told of thing by thing, with what to do about what is not good', async () => {
  await using context = await createTestContext();
  const { Findings } = await describeDoctor.run({}, context);
  const names = Findings.map(({ Name }) => Name);
  for (const name of ['QEMU', 'identities', 'image tools', 'home', 'disk space', 'memory']) {
    assert.ok(names.includes(name), name);
  }
  for (const { Name, State, Advice } of Findings) {
    assert.equal(Advice === undefined, State === 'good', Name);
  }
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  assert.equal(Findings.at(-1)?.Detail, `${version} runs as pid ${process.pid}`);
});

test('a disk that is nearly full is a warning, and a full one a problem', async () => {
  await using context = await createTestContext();
  const stateWith = async (freeDiskBytes: number) => {
    context.measures = { ...context.measures, freeDiskBytes };
    const { Findings } = await describeDoctor.run({}, context);
    return Findings.find(({ Name }) => Name === 'disk space')?.State;
  };
  assert.equal(await stateWith(5 * 1024 ** 3), 'warning');
  assert.equal(await stateWith(1024 ** 2), 'problem');
});

test('who asks while it is being found out is told the same', async () => {
  let asked = 0;
  const look = shared(async () => ++asked);
  assert.deepEqual(await Promise.all([look(), look()]), [1, 1]);
  assert.equal(await look(), 2);
});
