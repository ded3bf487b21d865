/**
 * Sets of a machine's snapshots stay and go as one, whatever rule removes; the last whole one stays.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makePolicy, policyDetails } from '../../operations/test-backup-policies.ts';
import { createTestContext } from '../../operations/test-context.ts';
import { event, Story, tell } from './test-machine-sets.ts';

test('in any story sets stay and go as one, and the last whole one of a machine stays', async () => {
  const stories = fc.array(event, { minLength: 5, maxLength: 20 });
  await fc.assert(fc.asyncProperty(stories, tell), { numRuns: 12 });
});

const [good, bad] = ['completed', 'error'] as const;
const set = (root: typeof good | typeof bad = good, data: typeof good | typeof bad = good) =>
  ({ take: 'set', root, data }) as const;

test('a set of which a snapshot failed does not count, and what is newer of its volumes does not replace it', async () => {
  await using context = await createTestContext();
  const details = policyDetails(
    { RetainRule: { Count: 1 } },
    { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' },
  );
  const story = new Story(context, await makePolicy(context, details));
  const left = async () => (await story.seen()).map(({ row }) => row.id);
  await story.tell(set());
  const whole = await left();
  await story.tell(set(good, bad));
  await story.tell(set(bad, good));
  for (const isData of [true, false]) await story.tell({ take: 'one', data: isData });
  await story.tell({ looks: 'root' });
  await story.tell({ forgets: 'machine' });
  const there = await left();
  assert.ok(whole.every((id) => there.includes(id)));
  await story.tell(set());
  await story.tell({ looks: 'data' });
  assert.deepEqual((await story.seen()).filter(({ set: its }) => its).length, 2);
});
