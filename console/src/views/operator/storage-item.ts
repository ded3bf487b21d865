/** What is stored as one thing, what it is called, and where it is shown. */
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { href } from '../../route.ts';
import { pathOfId } from '../../shell/places.ts';

export type StorageItem = NonNullable<Output<'imago', 'DescribeStorageUsage'>['Items']>[number];

export const nameOf = ({ Name, Id }: StorageItem) => Name ?? Id;

/** Of another account's, which one does not see, that account's. */
export function usePlaceOf(): (item: StorageItem) => string {
  const { profile } = useSession();
  const { account, region } = profile;
  return ({ Id, AccountId, Region }) =>
    AccountId === account.AccountId && Region === region
      ? href(pathOfId(Id) ?? [])
      : href(['operator', 'accounts', AccountId]);
}
