/** What becomes of the image of a build in a region, where its configuration says so. */
import type { Distributions } from '../../catalog/rows/build-configuration.ts';
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';

export type Distribution = Distributions['distributions'][number];

export function distributionIn(
  { distribution }: ImageBuildRow,
  region: string,
): Distribution | undefined {
  return distribution?.distributions.find((each) => each.region === region);
}
