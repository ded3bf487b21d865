/**
 * How consistent a capture is, as images and snapshots tell by a tag that users cannot set. Those
 * that were imported or put block by block have none: nobody knows.
 */
import type { Tags } from '../catalog/rows/row.ts';

const consistencyTag = 'aws:imago:consistency';

/**
 * `application`: the guest's agent held its file systems still, with the hooks that the guest has,
 * or it had shut down. `crash`: as a power cut would have left it. `at-rest`: no machine had the
 * volume; whether who wrote last was done, nobody but its owner knows.
 */
export const consistencies = ['application', 'crash', 'at-rest'] as const;
export type Consistency = (typeof consistencies)[number];

export function consistencyTags(consistency: Consistency): Tags {
  return { [consistencyTag]: consistency };
}

export function consistencyOf(tags: Tags): Consistency | undefined {
  return consistencies.find((each) => each === tags[consistencyTag]);
}

/** What a copy takes along: its bytes are the same. */
export function copiedConsistency({ tags }: { tags: Tags }): Tags {
  const consistency = consistencyOf(tags);
  return consistency === undefined ? {} : consistencyTags(consistency);
}
