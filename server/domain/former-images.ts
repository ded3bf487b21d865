/**
 * Images that are no more: deregistered. Their names are free and nothing is launched of them, but
 * their instances live on, are captured, and tell what they were launched from; images that were
 * made of them tell that, too. What nobody can ask for any more is forgotten.
 */
import type { Catalog, CatalogReader } from '../catalog/catalog.ts';
import type { FormerImageRow, ImageRow } from '../catalog/rows/image.ts';
import { providerAccount } from './accounts.ts';
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

/** In one transaction: others wait for it. */
const forgottenAtOnce = 100;

/** Takes away what is of no use: see `isOfUse`. */
export async function forgetFormerImages(catalog: Catalog, now: Date): Promise<void> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const last: string = after;
    after = await catalog.write(async (transaction) => {
      const { formerImages, imageManifests } = transaction;
      const rows = await formerImages.list({ after: last, limit: forgottenAtOnce });
      for (const row of rows) {
        if (await isOfUse(transaction, row, now)) continue;
        await formerImages.delete(row.id);
        await imageManifests.delete(row.id);
      }
      return rows.length < forgottenAtOnce ? undefined : rows.at(-1)?.id;
    });
  }
}

/**
 * While lists may name it, or it is in the recycle bin; as long as an instance of it is shown, or
 * an image that was made of it is there or remembered. The provider's tell which numbers of
 * versions were given.
 */
async function isOfUse(
  { images, formerImages, instances }: CatalogReader,
  row: FormerImageRow,
  now: Date,
): Promise<boolean> {
  if (row.recycledUntil !== undefined || isShownGone(row, now)) return true;
  if (row.account === providerAccount.id) return true;
  const few = { where: { source: row.id }, limit: 1 };
  const [instance] = await instances.list({ where: { image: row.id }, limit: 1 });
  if (instance) return true;
  return [...(await images.list(few)), ...(await formerImages.list(few))].length > 0;
}
