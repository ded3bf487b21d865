/**
 * Of what the server tells in no order of time: the first pages are asked for by themselves, so that
 * whoever shows them can put them in order, and those after them by hand.
 */
import { useEffect } from 'preact/hooks';
import { usePages } from '../api/queries.ts';
import type { Action, Input, Output, Service } from '../api/wire.ts';

const pageSize = 1000;
const pagesByItself = 3;

interface Listing<Page, Item> {
  tables: Parameters<typeof usePages>[3]['tables'];
  itemsOf(page: Page): Item[];
}

export function useFirstPages<S extends Service, A extends Action<S>, Item>(
  service: S,
  action: A,
  input: Input<S, A>,
  { tables, itemsOf }: Listing<Output<S, A>, Item>,
) {
  const found = usePages(service, action, input, { tables, pageSize });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const isAlone = (data?.pages.length ?? 0) < pagesByItself;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && isAlone) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isAlone]);
  return {
    items: data?.pages.flatMap(itemsOf),
    error: found.error,
    refetch: () => void found.refetch(),
    more: hasNextPage && !isAlone && !isFetchingNextPage ? () => void fetchNextPage() : undefined,
  };
}
