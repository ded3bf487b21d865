/** For how long the recycle bin keeps an image that is deregistered, by the account's rules. */
import type { Output } from '../../api/wire.ts';
import type { Image } from './kinds.ts';

export type Rule = Output<'rbin', 'GetRule'>;
type ResourceTag = NonNullable<Rule['ResourceTags']>[number];
type Tags = NonNullable<Image['Tags']>;

/** Days; undefined where no rule holds. The longest of those that hold counts. */
export function keptDays(rules: readonly Rule[], tags: Tags = []): number | undefined {
  const hasAny = (wanted: readonly ResourceTag[]) =>
    wanted.some(({ ResourceTagKey, ResourceTagValue }) =>
      tags.some(
        ({ Key, Value }) => Key === ResourceTagKey && (ResourceTagValue ?? Value) === Value,
      ),
    );
  const days = rules
    .filter(({ ResourceTags = [], ExcludeResourceTags = [] }) => {
      const isMeant = ResourceTags.length === 0 || hasAny(ResourceTags);
      return isMeant && !hasAny(ExcludeResourceTags);
    })
    .map(({ RetentionPeriod }) => RetentionPeriod?.RetentionPeriodValue ?? 0);
  return days.length > 0 ? Math.max(...days) : undefined;
}
