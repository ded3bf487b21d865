/** Where names are that say no region and no account: of the session. */
import { useSession } from '../../api/session.tsx';
import type { Place } from './wanted.ts';

export function usePlace(): Place {
  const { profile } = useSession();
  return { region: profile.region, account: profile.account.AccountId };
}
