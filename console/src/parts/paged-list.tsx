/** A list of what `usePages` has found so far, with more where there is more. */
import type { ComponentChildren } from 'preact';
import { type Column, List } from './list.tsx';

interface Found<Page> {
  data: { pages: Page[] } | undefined;
  error: unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  refetch(): unknown;
  fetchNextPage(): unknown;
}

interface Props<Page, Item> {
  caption: string;
  found: Found<Page>;
  itemsOf(page: Page): readonly Item[] | undefined;
  columns: readonly Column<Item>[];
  keyOf(item: Item): string;
  empty: ComponentChildren;
}

export function PagedList<Page, Item>({ found, itemsOf, ...list }: Props<Page, Item>) {
  const { data, error, hasNextPage, isFetchingNextPage, refetch, fetchNextPage } = found;
  return (
    <List
      {...list}
      items={data?.pages.flatMap((page) => itemsOf(page) ?? [])}
      error={error}
      retry={() => void refetch()}
      more={{
        isThere: hasNextPage,
        isLoading: isFetchingNextPage,
        load: () => void fetchNextPage(),
      }}
    />
  );
}
