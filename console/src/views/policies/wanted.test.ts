import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../api/client.ts';
import { fieldOf } from './field-of.ts';
import type { Details, Policy } from './policy.ts';
import {
  createOf,
  detailsOf,
  newCopy,
  newPolicy,
  newSchedule,
  updateOf,
  wantedOf,
} from './wanted.ts';

const nightly = {
  ...newPolicy('Nightly'),
  description: 'Every night',
  targets: 'backup = nightly',
};

test('what is filled in beforehand needs a description and a tag to be a policy', () => {
  assert.deepEqual(createOf(nightly, '123456789012'), {
    ExecutionRoleArn:
      'arn:aws:iam::123456789012:role/service-role/AWSDataLifecycleManagerDefaultRole',
    Description: 'Every night',
    State: 'ENABLED',
    PolicyDetails: {
      PolicyType: 'IMAGE_MANAGEMENT',
      ResourceTypes: ['INSTANCE'],
      TargetTags: [{ Key: 'backup', Value: 'nightly' }],
      Schedules: [
        {
          Name: 'Nightly',
          CopyTags: true,
          CreateRule: { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] },
          RetainRule: { Count: 14 },
        },
      ],
      Parameters: { NoReboot: true },
    },
  });
});

test('snapshots by age with a cron expression, a copy and tags', () => {
  const schedule = {
    ...{ ...newSchedule('Weekly'), isCron: true, tags: 'kind=weekly' },
    ...{ age: { value: '3', unit: 'MONTHS' }, deprecate: { value: '2', unit: 'MONTHS' } },
    copies: [newCopy('eu-west-1')],
  };
  const details = detailsOf({
    ...{ ...nightly, kind: 'machines', keepsByAge: true, withoutRoot: true },
    schedules: [schedule],
  });
  assert.deepEqual(details.Schedules?.[0], {
    ...{ Name: 'Weekly', CopyTags: true, TagsToAdd: [{ Key: 'kind', Value: 'weekly' }] },
    CreateRule: { CronExpression: 'cron(0 3 ? * SUN *)' },
    RetainRule: { Interval: 3, IntervalUnit: 'MONTHS' },
    CrossRegionCopyRules: [
      {
        ...{ Target: 'eu-west-1', Encrypted: false, CopyTags: true },
        RetainRule: { Interval: 1, IntervalUnit: 'MONTHS' },
      },
    ],
  });
  assert.deepEqual(details.Parameters, { ExcludeBootVolume: true });
});

test('a default policy says days and regions', () => {
  const details = detailsOf({ ...nightly, kind: 'allVolumes', regions: ['eu-west-1'] });
  assert.deepEqual(details, {
    ...{ PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', PolicyLanguage: 'SIMPLIFIED' },
    ...{ ResourceType: 'VOLUME', CreateInterval: 1, RetainInterval: 7, CopyTags: false },
    ...{ ExtendDeletion: false, CrossRegionCopyTargets: [{ TargetRegion: 'eu-west-1' }] },
  });
});

/** With what the form does not show. */
const everything: Details = {
  ...{ PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] },
  TargetTags: [{ Key: 'backup', Value: 'yes' }],
  Schedules: [
    {
      ...{ Name: 'Monthly', CopyTags: false, TagsToAdd: [{ Key: 'a', Value: 'b=c' }] },
      CreateRule: { CronExpression: 'cron(0 3 1 * ? *)' },
      RetainRule: { Count: 12 },
      ShareRules: [{ TargetAccounts: ['123456789012'] }],
      ArchiveRule: { RetainRule: { RetentionArchiveTier: { Count: 3 } } },
      CrossRegionCopyRules: [{ Target: 'eu-west-1', Encrypted: true, CmkArn: 'alias/web' }],
    },
    {
      ...{ Name: 'Hourly', CopyTags: true },
      CreateRule: { Interval: 1, IntervalUnit: 'HOURS', Times: ['00:30'] },
      RetainRule: { Count: 24 },
    },
  ],
};

test('a policy that is there goes through the form as it is, and keeps what that does not show', () => {
  const told = {
    ...everything,
    Schedules: everything.Schedules?.map((each) => ({ VariableTags: [], ...each })),
  };
  const policy: Policy = { Description: 'All', State: 'DISABLED', PolicyDetails: told };
  const { PolicyDetails, ...rest } = updateOf(wantedOf(policy), 'policy-1');
  assert.deepEqual(rest, { PolicyId: 'policy-1', Description: 'All', State: 'DISABLED' });
  const [schedule] = PolicyDetails?.Schedules ?? [];
  assert.deepEqual(schedule?.CrossRegionCopyRules?.[0]?.CopyTags, false);
  assert.deepEqual(
    JSON.parse(JSON.stringify(PolicyDetails), (key, value) =>
      key === 'CrossRegionCopyRules' ? everything.Schedules?.[0]?.CrossRegionCopyRules : value,
    ),
    everything,
  );
  const ofAges = wantedOf({
    PolicyDetails: {
      Schedules: [{ RetainRule: { Interval: 2, IntervalUnit: 'WEEKS' } }],
    },
  });
  assert.deepEqual([ofAges.keepsByAge, ofAges.schedules[0]?.age.unit], [true, 'WEEKS']);
});

test('the words of a refusal say which field it is about', () => {
  const about = (message: string) => fieldOf(new ApiError('InvalidRequestException', message));
  assert.equal(about('TargetTags has at least one tag.'), 'targets');
  assert.equal(about('Interval is one of 1, 2, 3.'), 'when');
  assert.equal(about("The schedule 'cron(x)' is not valid: no."), 'when');
  assert.equal(about('The Count of RetainRule is from 1 to 1000.'), 'keeps');
  assert.equal(about('All schedules retain by count, or all by age.'), 'keeps');
  assert.equal(about('The Interval of DeprecateRule is from 1 to 3650 days.'), 'deprecate');
  assert.equal(about("There is no region 'x' here."), 'copies');
  assert.equal(about('RetainInterval must be more than CreateInterval.'), 'days');
  assert.equal(about('Description has from 1 to 500 letters.'), 'description');
  assert.equal(about('There are at most 100 policies in a region.'), undefined);
  assert.equal(fieldOf(new Error('Interval')), undefined);
});
