/** What people ask for of machines in the story of policies (test-policy-story.ts). */
import type { Random } from '../../../test/fuzz/random.ts';
import { policyDetails } from '../../operations/test-backup-policies.ts';
import { shareRules } from './test-shared-for-a-time.ts';

/** Two schedules, both by count or both by age; copies of the first in another region. */
export function detailsOf(random: Random, PolicyType: string) {
  const isCounted = random.chance(0.5);
  const retain = () =>
    isCounted
      ? { Count: 1 + random.below(6) }
      : { Interval: 1 + random.below(12), IntervalUnit: random.pick(['DAYS', 'WEEKS']) };
  const copy = {
    ...(PolicyType === 'IMAGE_MANAGEMENT'
      ? { TargetRegion: 'eu-west-1' }
      : { Target: 'eu-west-1' }),
    Encrypted: false,
    RetainRule: { Interval: 1 + random.below(9), IntervalUnit: 'DAYS' },
  };
  const daily = { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] };
  const Schedules = [
    {
      ...{ Name: 'Daily', CreateRule: daily, RetainRule: retain() },
      // A rule may leave the policy: its copies go when their time has come.
      CrossRegionCopyRules: random.chance(0.8) ? [copy] : [],
      ...(PolicyType === 'EBS_SNAPSHOT_MANAGEMENT' && { ShareRules: shareRules }),
    },
    {
      Name: 'Often',
      CreateRule: { ...daily, Interval: random.pick([6, 12]) },
      RetainRule: retain(),
    },
  ];
  return policyDetails({}, { PolicyType, Schedules });
}
