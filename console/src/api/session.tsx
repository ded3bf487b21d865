/**
 * The profile in use, for every component below: its client, and how to change it. Each account and
 * region has answers of its own, so queries are keyed by both.
 */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiClient } from './client.ts';
import type { Profile } from './profiles.ts';

export interface Session {
  profile: Profile;
  client: ApiClient;
  /** Keys of queries begin with it. */
  scope: string;
  profiles: readonly Profile[];
  /** The stream of changes is up: nothing needs to be asked for again. */
  live: boolean;
  signInToAnother(): void;
  switchTo(profile: Profile): void;
  switchRegion(region: string): void;
  signOut(): void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('nobody is signed in here');
  return session;
}
