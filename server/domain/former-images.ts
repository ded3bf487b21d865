/**
 * Images that are no more: deregistered. Their names are free and nothing is launched of them, but
 * their instances live on, are captured, and tell what they were launched from.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { FormerImageRow, ImageRow } from '../catalog/rows/image.ts';
import { livingStates } from './instances.ts';

/** Also one that is no more; nothing for an id that never was, or was before there was a record. */
export async function imageOrFormer(
  { images, formerImages }: CatalogReader,
  id: string,
): Promise<ImageRow | FormerImageRow | undefined> {
  return (await images.get(id)) ?? formerImages.get(id);
}

/** As EC2's "eventually": long enough for every client that waits for an image to be gone. */
const shownGoneMs = 60 * 60_000;

/** Whether those who name it in a list are told nothing rather than that it is unknown. */
export function isShownGone({ deregisteredAt }: FormerImageRow, now: Date): boolean {
  return now.getTime() - new Date(deregisteredAt).getTime() < shownGoneMs;
}

/** Ids of those that instances are of which are not terminated, whosever they are. */
export async function stillReferenced(
  { instances }: CatalogReader,
  formers: readonly FormerImageRow[],
): Promise<Set<string>> {
  const referenced = new Set<string>();
  for (const { id } of formers) {
    const where = { image: id, state: livingStates };
    if ((await instances.list({ where, limit: 1 })).length > 0) referenced.add(id);
  }
  return referenced;
}
