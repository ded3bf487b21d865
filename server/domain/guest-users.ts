/**
 * The user that an instance's machine runs as: one of a range, its own as long as its row is there.
 * Whether the host can have users for guests is the host's affair.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import { guestUsers } from '../foundations/guest-users.ts';
import { freeNumbers } from './free-addresses.ts';

/**
 * To be called in the transaction that inserts the rows. The last ones get none where there are not
 * enough.
 */
export function allocateGuestUsers({ instances }: CatalogReader, count: number): Promise<number[]> {
  return freeNumbers(guestUsers, count, async (candidates) => {
    const rows = await instances.list({ where: { ownerUid: candidates.map(String) } });
    return rows.map(({ ownerUid }) => ownerUid ?? 0);
  });
}
