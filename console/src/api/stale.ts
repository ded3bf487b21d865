/**
 * What was asked for and may not be so any more is asked for again, where it is shown. An answer
 * that is still on its way may have been made before the change: it is waited for, shown, and asked
 * for once more. It is never broken off, so that changes that come faster than answers do not keep
 * them from coming.
 */
import type { Query, QueryClient, QueryFilters } from '@tanstack/preact-query';

const following = new WeakMap<Query, Promise<void>>();

export async function becomeStale(queries: QueryClient, filters?: QueryFilters): Promise<void> {
  const found = queries.getQueryCache().findAll(filters);
  await Promise.all(found.map((query) => askedAgain(queries, query)));
}

function askedAgain(queries: QueryClient, query: Query): Promise<void> {
  const again = () =>
    queries.invalidateQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false });
  if (query.state.fetchStatus === 'idle') return again();
  const before = following.get(query);
  if (before) return before;
  const after = Promise.resolve(query.promise)
    .catch(() => undefined)
    .then(() => {
      following.delete(query);
      return again();
    });
  following.set(query, after);
  return after;
}
