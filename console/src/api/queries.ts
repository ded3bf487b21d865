/**
 * Asking the API from components. An answer is kept until the stream of changes names a table that
 * it was made from; where the stream is down it is asked for again every few seconds.
 */
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query';
import { isUnreachable } from './client.ts';
import { useSession } from './session.tsx';
import { becomeStale } from './stale.ts';
import type { Action, Input, Output, Service } from './wire.ts';

/** Tables of the catalog, as the stream of changes names them. */
export type Table =
  | 'accounts'
  | 'accountSettings'
  | 'backupPlans'
  | 'backupPolicies'
  | 'backupSelections'
  | 'backupVaults'
  | 'collections'
  | 'components'
  | 'credentials'
  | 'drillChecks'
  | 'drills'
  | 'exportImageTasks'
  | 'exportInstanceTasks'
  | 'fastRestores'
  | 'fleets'
  | 'forgetPolicies'
  | 'formerImages'
  | 'imageBuilds'
  | 'imageManifests'
  | 'imagePipelines'
  | 'imageRecipes'
  | 'images'
  | 'instances'
  | 'keyPairs'
  | 'kmsAliases'
  | 'kmsGrants'
  | 'kmsKeys'
  | 'legalHolds'
  | 'launchTemplates'
  | 'launchTemplateVersions'
  | 'parameters'
  | 'products'
  | 'importImageTasks'
  | 'importSnapshotTasks'
  | 'recoveryPoints'
  | 'recycledSnapshots'
  | 'recycledVolumes'
  | 'recycleRules'
  | 'remotes'
  | 'remoteTransfers'
  | 'restoreJobs'
  | 'restoreTestingPlans'
  | 'rootReplacements'
  | 'securityGroups'
  | 'securityGroupRules'
  | 'sessions'
  | 'snapshots'
  | 'storageDays'
  | 'storeImageTasks'
  | 'subscriptions'
  | 'tasks'
  | 'volumes';

export interface Asking {
  /** What the answer is made from. */
  tables: readonly Table[];
  /** Not asked while false. */
  enabled?: boolean;
  /** For what no row tells of, such as metrics. */
  everyMs?: number;
}

const withoutStreamMs = 5000;

/** How a question is asked, whatever it is made of. */
export function useOptions({ tables, enabled = true, everyMs }: Asking) {
  const { live } = useSession();
  const refetchInterval = everyMs ?? (live || tables.length === 0 ? false : withoutStreamMs);
  return { enabled, refetchInterval, meta: { tables }, placeholderData: keepPreviousData } as const;
}

export function useAction<S extends Service, A extends Action<S>>(
  service: S,
  action: A,
  input: Input<S, A>,
  asking: Asking,
) {
  const { client, scope } = useSession();
  const found = useQuery({
    queryKey: [scope, service, action, input],
    queryFn: ({ signal }) => client.call(service, action, input, signal),
    ...useOptions(asking),
  });
  return { ...found, error: errorToShow(found) };
}

/** The same question of several things, in their order; what has no answer, or none yet, is undefined. */
export function useActions<S extends Service, A extends Action<S>>(
  service: S,
  action: A,
  inputs: readonly Input<S, A>[],
  asking: Asking,
): (Output<S, A> | undefined)[] {
  const { client, scope } = useSession();
  const options = useOptions(asking);
  const found = useQueries({
    queries: inputs.map((input) => ({
      ...options,
      queryKey: [scope, service, action, input],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.call(service, action, input, signal),
    })),
  });
  return found.map(({ data }) => data as Output<S, A> | undefined);
}

/** What was there stays in sight while nobody answers: that it is not live is told by the frame. */
function errorToShow({ data, error }: { data: unknown; error: Error | null }): Error | null {
  return data !== undefined && isUnreachable(error) ? null : error;
}

/** As many rows as a browser draws at once without delay. */
export const longPage = 400;

interface PageParam {
  size: number;
  token?: string;
}

/** Image Builder's members begin small. */
function membersOf({ size, token }: PageParam, service: Service) {
  return service === 'imagebuilder'
    ? { maxResults: size, nextToken: token }
    : { MaxResults: size, NextToken: token };
}

interface Paged {
  NextToken?: string;
  nextToken?: string;
}

function nextPage({ NextToken, nextToken = NextToken }: Paged, size: number) {
  return nextToken ? { size, token: nextToken } : undefined;
}

/**
 * Page after page, as far as the person goes: `pages` of the answers, `fetchNextPage` for more,
 * which is twice as much each time up to `pageSizeMax`.
 */
export function usePages<S extends Service, A extends Action<S>>(
  service: S,
  action: A,
  input: Input<S, A>,
  asking: Asking & { pageSize?: number; pageSizeMax?: number },
) {
  const { client, scope } = useSession();
  const { pageSize = 50, pageSizeMax = pageSize } = asking;
  const found = useInfiniteQuery({
    queryKey: [scope, service, action, input, pageSize],
    queryFn: ({ pageParam, signal }) =>
      client.call(
        service,
        action,
        { ...input, ...membersOf(pageParam, service) } as Input<S, A>,
        signal,
      ),
    initialPageParam: { size: pageSize } as PageParam,
    getNextPageParam: (page: Output<S, A>, _pages, { size }) =>
      nextPage(page as Paged, Math.min(size * 2, pageSizeMax)),
    ...useOptions(asking),
  });
  return { ...found, error: errorToShow(found) };
}

/**
 * Something that changes rows. What was asked for before may not be so any more: all of it is stale
 * afterwards, and asked for again where it is shown.
 */
export function useChange<S extends Service, A extends Action<S>>(
  service: S,
  action: A,
  region?: string,
) {
  const { client, scope } = useSession();
  const queries = useQueryClient();
  const there = region === undefined ? client : client.in(region);
  return useMutation({
    mutationFn: (input: Input<S, A>) => there.call(service, action, input),
    onSettled: () => becomeStale(queries, { queryKey: [scope] }),
  });
}
