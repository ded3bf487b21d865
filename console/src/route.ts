/**
 * Where one is: the part of the address behind `#`, so that any web server can serve the console
 * and nothing of it is sent to one. `#/images/ami-1?tab=lineage` is the path `images`, `ami-1` with
 * a question. Every state that a person may want to come back to is there.
 */
import { useSyncExternalStore } from 'preact/compat';

export interface Route {
  path: readonly string[];
  query: URLSearchParams;
}

export type Query = Readonly<Record<string, string | undefined>>;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return {
    path: path.split('/').filter(Boolean).map(decoded),
    query: new URLSearchParams(query),
  };
}

/** An address that somebody mistyped is an address all the same. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** For `href`: absent and empty values of the query are left out. */
export function href(path: readonly string[], query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value);
  const question = new URLSearchParams(given as [string, string][]).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${question && `?${question}`}`;
}

export function go(to: string, { replace = false } = {}): void {
  if (replace) location.replace(to);
  else location.assign(to);
}

/** The same place with another question, in place of this entry of the history. */
export function ask({ path, query }: Route, change: Query): void {
  go(href(path, { ...Object.fromEntries(query), ...change }), { replace: true });
}

const subscribe = (listener: () => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => location.hash));
}
