/**
 * The whole page: whoever has not signed in is asked to, at whatever address, and goes on there.
 * Each profile has a client, a stream of changes and answers of its own.
 */
import { QueryClient, QueryClientProvider } from '@tanstack/preact-query';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { watchChanges } from '../api/changes.ts';
import { ApiClient, isSignedOut } from '../api/client.ts';
import {
  endSession,
  keep,
  keptProfiles,
  type Profile,
  type Profiles,
  withoutCurrent,
  withProfile,
} from '../api/profiles.ts';
import { type Session, SessionContext } from '../api/session.tsx';
import { becomeStale } from '../api/stale.ts';
import { go, href, useRoute } from '../route.ts';
import { shell } from '../text/shell.ts';
import { SignIn } from '../views/sign-in/sign-in.tsx';
import { Frame } from './frame.tsx';

export function App() {
  const [profiles, setProfiles] = useState(keptProfiles);
  const [asksForAnother, setAsksForAnother] = useState(false);
  const [hasExpired, setHasExpired] = useState(false);
  const { path } = useRoute();
  const change = useCallback((next: Profiles) => {
    keep(next);
    setProfiles(next);
  }, []);
  const profile = profiles.all[profiles.current];
  const byLink = path[0] === 'sign-in';

  if (!profile || asksForAnother || byLink) {
    const signedIn = (added: Profile) => {
      change(withProfile(profiles, added));
      setAsksForAnother(false);
      setHasExpired(false);
      if (byLink) go(href(['images']), { replace: true });
    };
    const back = profile && !byLink ? () => setAsksForAnother(false) : undefined;
    return (
      <SignIn
        profiles={profiles.all}
        current={profile}
        onSignedIn={signedIn}
        onBack={back}
        note={hasExpired ? shell.expired : undefined}
      />
    );
  }
  const expired = () => {
    setHasExpired(true);
    change(withoutCurrent(profiles));
  };
  return (
    <SignedIn
      key={`${profile.account.AccountId} ${profile.region}`}
      profiles={profiles}
      profile={profile}
      change={change}
      onExpired={expired}
      signInToAnother={() => setAsksForAnother(true)}
    />
  );
}

interface SignedInProps {
  profiles: Profiles;
  profile: Profile;
  change(next: Profiles): void;
  onExpired(): void;
  signInToAnother(): void;
}

function SignedIn({ profiles, profile, change, onExpired, signInToAnother }: SignedInProps) {
  const [live, setLive] = useState(false);
  const client = useMemo(
    () => new ApiClient(profile.endpoint, profile.region, profile.credentials),
    [profile],
  );
  const queries = useMemo(() => newQueries(onExpired), []);
  useEffect(() => watchChanges(client, { live: setLive, changed: staleIn(queries) }), [client]);

  const session: Session = {
    profile,
    client,
    scope: `${profile.account.AccountId} ${profile.region}`,
    profiles: profiles.all,
    live,
    signInToAnother,
    switchTo: (other) => change({ ...profiles, current: profiles.all.indexOf(other) }),
    switchRegion: (region) => change(withProfile(profiles, { ...profile, region })),
    signOut() {
      client.end();
      endSession(profile);
      change(withoutCurrent(profiles));
    },
  };
  return (
    <SessionContext.Provider value={session}>
      <QueryClientProvider client={queries}>
        <Frame />
      </QueryClientProvider>
    </SessionContext.Provider>
  );
}

/** Refusals are final; what could not be reached is tried again by the stream of changes. */
function newQueries(onExpired: () => void): QueryClient {
  const queries = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  queries.getQueryCache().config.onError = (error) => {
    if (isSignedOut(error)) onExpired();
  };
  return queries;
}

function staleIn(queries: QueryClient) {
  return (tables: ReadonlySet<string> | undefined) =>
    void becomeStale(queries, {
      predicate: ({ meta }) =>
        tables === undefined ||
        ((meta?.tables ?? []) as readonly string[]).some((table) => tables.has(table)),
    });
}
