import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { CreateRuleRequest } from '../../../api/rbin.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { createRule } from './CreateRule.ts';
import { deleteRule } from './DeleteRule.ts';
import { getRule } from './GetRule.ts';
import { listRules } from './ListRules.ts';
import { listTagsForResource } from './ListTagsForResource.ts';
import { lockRule } from './LockRule.ts';
import { tagResource } from './TagResource.ts';
import { unlockRule } from './UnlockRule.ts';
import { untagResource } from './UntagResource.ts';
import { updateRule } from './UpdateRule.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const days = (value: number) => ({ RetentionPeriodValue: value, RetentionPeriodUnit: 'DAYS' });
const delay = (value: number) => ({
  UnlockDelay: { UnlockDelayValue: value, UnlockDelayUnit: 'DAYS' },
});
const tag = (key: string, value?: string) => ({ ResourceTagKey: key, ResourceTagValue: value });
const later = (count: number) => new Date(context.now.getTime() + count * 24 * 60 * 60_000);

function make(change: Partial<CreateRuleRequest> = {}) {
  const usual = { ResourceType: 'EC2_IMAGE', RetentionPeriod: days(7) };
  return createRule.run({ ...usual, ...change }, context);
}

const invalid = { code: 'InvalidParameterValue' };
const conflict = { code: 'ConflictException' };

test('a rule is made, shown, changed and deleted', async () => {
  const made = await make({
    Description: 'ours',
    ResourceTags: [tag('env', 'prod'), tag('keep')],
    Tags: [{ Key: 'by', Value: 'test' }],
  });
  assert.deepEqual(made.Tags, [{ Key: 'by', Value: 'test' }]);
  const { Identifier, RuleArn } = made;
  assert.match(Identifier, /^[0-9a-zA-Z]{11}$/);
  const { account } = context.caller;
  assert.equal(RuleArn, `arn:aws:rbin:us-east-1:${account}:rule/${Identifier}`);
  const expected = {
    Identifier,
    Description: 'ours',
    ResourceType: 'EC2_IMAGE',
    RetentionPeriod: days(7),
    ResourceTags: [tag('env', 'prod'), tag('keep')],
    ExcludeResourceTags: [],
    Status: 'available',
    LockState: undefined,
    RuleArn,
    LockEndTime: undefined,
    LockConfiguration: undefined,
  };
  assert.deepEqual(await getRule.run({ Identifier }, context), expected);
  const change = { Description: 'changed', RetentionPeriod: days(365), ResourceTags: [] };
  await updateRule.run({ Identifier, ...change, ResourceType: 'EC2_IMAGE' }, context);
  const excluded = [tag('scratch')];
  await updateRule.run({ Identifier, ExcludeResourceTags: excluded }, context);
  assert.deepEqual(await getRule.run({ Identifier }, context), {
    ...expected,
    ...change,
    ExcludeResourceTags: excluded,
  });
  await deleteRule.run({ Identifier }, context);
  const missing = { code: 'ResourceNotFoundException' };
  await assert.rejects(getRule.run({ Identifier }, context), missing);
  await assert.rejects(deleteRule.run({ Identifier }, context), missing);
});

test('what no rule can be is refused', async () => {
  const wrong: Partial<CreateRuleRequest>[] = [
    { ResourceType: 'EBS_VOLUME', RetentionPeriod: days(8) },
    { ResourceType: 'EC2_INSTANCE' },
    { ResourceType: 'ec2_image' },
    { RetentionPeriod: days(0) },
    { RetentionPeriod: days(366) },
    { RetentionPeriod: { RetentionPeriodValue: 1, RetentionPeriodUnit: 'HOURS' } },
    { Description: 'two\nlines' },
    { Description: 'x'.repeat(256) },
    { ResourceTags: [tag('a')], ExcludeResourceTags: [tag('b')] },
    { ResourceTags: [tag('')] },
    { ResourceTags: [tag('k'.repeat(129))] },
    { ResourceTags: [tag('k', 'v'.repeat(257))] },
    { ResourceTags: Array.from({ length: 51 }, (_, index) => tag(`k${index}`)) },
    { ExcludeResourceTags: Array.from({ length: 6 }, (_, index) => tag(`k${index}`)) },
    { LockConfiguration: delay(6) },
    { LockConfiguration: delay(31) },
    { LockConfiguration: delay(7), ResourceTags: [tag('a')] },
    { LockConfiguration: delay(7), ExcludeResourceTags: [tag('a')] },
    { Tags: [{ Key: 'aws:mine', Value: '' }] },
  ];
  for (const each of wrong) await assert.rejects(make(each), invalid, JSON.stringify(each));
  const { Identifier } = await make();
  const change = { Identifier, ResourceType: 'EBS_SNAPSHOT' };
  await assert.rejects(updateRule.run(change, context), invalid);
  const both = { ResourceTags: [tag('a')], ExcludeResourceTags: [tag('b')] };
  await assert.rejects(updateRule.run({ Identifier, ...both }, context), invalid);
});

test('there are so many rules, rules with a tag, and tags of a rule', async () => {
  const exceeded = { code: 'ServiceQuotaExceededException' };
  for (let made = 0; made < 5; made++) await make({ ResourceTags: [tag('env', 'prod')] });
  await assert.rejects(make({ ResourceTags: [tag('env', 'prod')] }), exceeded);
  await make({ ResourceTags: [tag('env', 'test')] });
  const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
  const { RuleArn } = await make({ Tags: many });
  const one = { ResourceArn: RuleArn, Tags: [{ Key: 'more', Value: '' }] };
  await assert.rejects(tagResource.run(one, context), exceeded);
  for (let made = 7; made < 250; made++) await make();
  await assert.rejects(make(), exceeded);
});

describe('a lock', () => {
  test('holds until the delay after it was unlocked is over', async () => {
    const { Identifier, LockState } = await make();
    assert.equal(LockState, undefined);
    const lock = { Identifier, LockConfiguration: delay(7) };
    const locked = await lockRule.run(lock, context);
    assert.deepEqual([locked.LockState, locked.LockConfiguration], ['locked', delay(7)]);
    const refused = async () => {
      await assert.rejects(updateRule.run({ Identifier, Description: 'x' }, context), conflict);
      await assert.rejects(deleteRule.run({ Identifier }, context), conflict);
    };
    await refused();
    await assert.rejects(lockRule.run(lock, context), conflict);
    const ends = later(7);
    const unlocked = await unlockRule.run({ Identifier }, context);
    assert.deepEqual([unlocked.LockState, unlocked.LockEndTime], ['pending_unlock', ends]);
    await assert.rejects(unlockRule.run({ Identifier }, context), conflict);
    await refused();
    context.now = ends;
    const after = await getRule.run({ Identifier }, context);
    assert.deepEqual([after.LockState, after.LockEndTime], ['unlocked', undefined]);
    await updateRule.run({ Identifier, Description: 'x' }, context);
    await deleteRule.run({ Identifier }, context);
  });

  test('is set again while the delay runs, as long as that stays the same', async () => {
    const { Identifier, LockState } = await make({ LockConfiguration: delay(30) });
    assert.equal(LockState, 'locked');
    await unlockRule.run({ Identifier }, context);
    const shorter = { Identifier, LockConfiguration: delay(7) };
    await assert.rejects(lockRule.run(shorter, context), conflict);
    await lockRule.run({ Identifier, LockConfiguration: delay(30) }, context);
    context.now = later(31);
    assert.equal((await getRule.run({ Identifier }, context)).LockState, 'locked');
  });

  test('is for whole regions', async () => {
    const { Identifier } = await make({ ResourceTags: [tag('env')] });
    const lock = { Identifier, LockConfiguration: delay(7) };
    await assert.rejects(lockRule.run(lock, context), invalid);
  });
});

test('rules are listed by type, state of the lock and tags, page by page', async () => {
  const plain = await make();
  const locked = await make({ LockConfiguration: delay(7) });
  const tagged = await make({ ResourceTags: [tag('env', 'prod'), tag('keep')] });
  const excluding = await make({ ExcludeResourceTags: [tag('scratch')] });
  const ofSnapshots = await make({ ResourceType: 'EBS_SNAPSHOT' });
  const found = async (request: object, as = context.as({})) => {
    const { Rules } = await listRules.run({ ResourceType: 'EC2_IMAGE', ...request }, as);
    return Rules.map(({ Identifier }) => Identifier);
  };
  const ids = [plain, locked, tagged, excluding].map(({ Identifier }) => Identifier);
  assert.deepEqual(await found({}), ids);
  assert.deepEqual(await found({ ResourceType: 'EBS_SNAPSHOT' }), [ofSnapshots.Identifier]);
  assert.deepEqual(await found({ LockState: 'locked' }), [locked.Identifier]);
  assert.deepEqual(await found({ ResourceTags: [tag('env', 'prod')] }), [tagged.Identifier]);
  assert.deepEqual(await found({ ResourceTags: [tag('env', 'test')] }), []);
  assert.deepEqual(await found({ ExcludeResourceTags: [tag('scratch')] }), [excluding.Identifier]);
  assert.deepEqual(await found({}, context.as({ region: 'eu-west-1' })), []);
  assert.deepEqual(await found({}, await context.asNewAccount()), []);
  await assert.rejects(found({ LockState: 'open' }), invalid);
  const first = await listRules.run({ ResourceType: 'EC2_IMAGE', MaxResults: 3 }, context);
  const rest = { ResourceType: 'EC2_IMAGE', MaxResults: 3, NextToken: first.NextToken };
  const second = await listRules.run(rest, context);
  assert.deepEqual(
    [...first.Rules, ...second.Rules].map(({ Identifier }) => Identifier),
    ids,
  );
  assert.equal(second.NextToken, undefined);
});

test('a rule is tagged by its ARN', async () => {
  const { RuleArn: ResourceArn } = await make({ Tags: [{ Key: 'a', Value: '1' }] });
  const Tags = [
    { Key: 'a', Value: '2' },
    { Key: 'b', Value: '' },
  ];
  await tagResource.run({ ResourceArn, Tags }, context);
  const shown = () => listTagsForResource.run({ ResourceArn }, context);
  assert.deepEqual(await shown(), { Tags });
  await untagResource.run({ ResourceArn, TagKeys: ['a', 'c'] }, context);
  assert.deepEqual(await shown(), { Tags: [{ Key: 'b', Value: '' }] });
  const elsewhere = ResourceArn.replace('us-east-1', 'eu-west-1');
  const gone = listTagsForResource.run({ ResourceArn: elsewhere }, context);
  await assert.rejects(gone, { code: 'ResourceNotFoundException' });
  await assert.rejects(listTagsForResource.run({ ResourceArn: 'arn:x' }, context), invalid);
});
