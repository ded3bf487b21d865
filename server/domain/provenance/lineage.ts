/**
 * Where an image comes from and what was made of it, as far as the viewer sees either; and what
 * speaks against an ancestor, which its descendants have inherited.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { FormerImageRow, ImageRow } from '../../catalog/rows/image.ts';
import { ancestry } from '../image-ancestry.ts';
import { isDeprecated } from '../image-states.ts';
import { seesImage } from '../images.ts';
import type { Viewer } from '../viewer.ts';

/** Of descendants; a tree of more is for nobody to look at. */
const descendantsMax = 1000;
const childrenAtATime = 500;
const severities = ['critical', 'high', 'medium', 'low', 'informational'] as const;

export interface Lineage {
  /** Parents before their children. */
  images: (ImageRow | FormerImageRow)[];
  truncated: boolean;
}

export async function lineageOf(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
): Promise<Lineage> {
  const images: Lineage['images'] = (await ancestry(reader, viewer, id)).toReversed();
  const most = images.length + descendantsMax;
  // It grows while it is walked.
  for (let next = images.length - 1; next < images.length; next++) {
    for await (const child of childrenOf(reader, images[next]?.id as string)) {
      if (!seesImage({ ...viewer, region: child.region }, child)) continue;
      if (images.length === most) return { images, truncated: true };
      images.push(child);
    }
  }
  return { images, truncated: false };
}

/** What speaks against launching it. */
export function warningsOf(image: ImageRow | FormerImageRow, now: Date): string[] {
  const warnings: string[] = [];
  if (isDeprecated(image, now)) warnings.push('deprecated');
  if (image.state === 'disabled') warnings.push('disabled');
  const found = severities.flatMap((severity) => {
    const count = image.scan?.findings.filter((each) => each.severity === severity).length ?? 0;
    return count > 0 ? [`${count} ${severity}`] : [];
  });
  if (found.length > 0) warnings.push(`findings: ${found.join(', ')}`);
  return warnings;
}

async function* childrenOf({ images, formerImages }: CatalogReader, source: string) {
  for (const table of [images, formerImages]) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const rows: ImageRow[] = await table.list({
        where: { source },
        after,
        limit: childrenAtATime,
      });
      yield* rows;
      after = rows.length < childrenAtATime ? undefined : rows.at(-1)?.id;
    }
  }
}
