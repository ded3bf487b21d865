/**
 * Who is signed in: a profile an account, several side by side. Kept in memory, and where the person
 * asks for it in the tab's own storage, which ends with the tab. Never in local storage or cookies.
 */
import { ApiClient, type Credentials } from './client.ts';
import type { Output } from './wire.ts';

export interface Profile {
  endpoint: string;
  credentials: Credentials;
  /** ISO 8601; absent for an access key. */
  expiration?: string;
  account: Output<'imago', 'DescribeAccount'>['Account'];
  regions: string[];
  region: string;
  /** In the tab's storage too. */
  kept: boolean;
}

const storageName = 'imago.profiles';

export interface Profiles {
  all: Profile[];
  /** Index of the one in use; -1 while nobody is signed in. */
  current: number;
}

export function keptProfiles(now = Date.now()): Profiles {
  try {
    const { all, current } = JSON.parse(sessionStorage.getItem(storageName) ?? '{}') as Profiles;
    const good = all.filter(({ expiration }) => !expiration || Date.parse(expiration) > now);
    return {
      all: good,
      current: good.length ? Math.min(Math.max(current, 0), good.length - 1) : -1,
    };
  } catch {
    return { all: [], current: -1 };
  }
}

export function keep({ all, current }: Profiles): void {
  const kept = all.filter((profile) => profile.kept);
  const index = current < 0 ? -1 : kept.indexOf(all[current] as Profile);
  if (kept.length === 0) sessionStorage.removeItem(storageName);
  else sessionStorage.setItem(storageName, JSON.stringify({ all: kept, current: index }));
}

/** The same account at the same place takes the place that it has. */
export function withProfile({ all }: Profiles, profile: Profile): Profiles {
  const others = all.filter(
    ({ endpoint, account }) =>
      endpoint !== profile.endpoint || account.AccountId !== profile.account.AccountId,
  );
  return { all: [...others, profile], current: others.length };
}

export function withoutCurrent({ all, current }: Profiles): Profiles {
  const rest = all.filter((_, index) => index !== current);
  return { all: rest, current: rest.length - 1 };
}

interface SignIn {
  endpoint: string;
  region: string;
  credentials: Credentials;
  kept: boolean;
  expiration?: string;
}

/** Asks who that is: credentials that are good for nothing fail here. */
export async function profileOf(signIn: SignIn): Promise<Profile> {
  const client = new ApiClient(signIn.endpoint, signIn.region, signIn.credentials);
  const { Account: account } = await client.call('imago', 'DescribeAccount', {});
  const { Regions = [] } = await client.call('ec2', 'DescribeRegions', {});
  const regions = Regions.map(({ RegionName = '' }) => RegionName);
  return { ...signIn, account, regions };
}

/** A session that was begun for this console ends with it; where that fails it expires. */
export function endSession({ endpoint, region, credentials }: Profile): void {
  const { accessKeyId: AccessKeyId, sessionToken } = credentials;
  if (!sessionToken) return;
  const client = new ApiClient(endpoint, region, credentials);
  client.call('imago', 'EndSession', { AccessKeyId }).catch(() => {});
}

/** With what a link carried, which is used up by this. */
export async function signInByLink(link: Omit<SignIn, 'expiration'>): Promise<Profile> {
  const client = new ApiClient(link.endpoint, link.region, link.credentials);
  const { Credentials: given } = await client.call('imago', 'SignIn', {});
  const credentials = {
    accessKeyId: given.AccessKeyId,
    secretAccessKey: given.SecretAccessKey,
    sessionToken: given.SessionToken,
  };
  return profileOf({ ...link, credentials, expiration: given.Expiration });
}
