/**
 * Drills, of one backup or of all: the server tells them in no order of time, so the first pages are
 * asked for by themselves, and what is shown is put in order of what is there.
 */
import { useEffect } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import type { Input } from '../../api/wire.ts';
import type { Drill } from './drill.ts';

const pageSize = 1000;
/** More are asked for by hand: of a backup a year of nights is kept. */
const pagesByItself = 3;

export function useDrills(of: Input<'imago', 'DescribeDrills'>) {
  const found = usePages('imago', 'DescribeDrills', of, { tables: ['drills'], pageSize });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = found;
  const isAlone = (data?.pages.length ?? 0) < pagesByItself;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && isAlone) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isAlone]);
  return {
    drills: data?.pages.flatMap(({ Drills }): Drill[] => Drills),
    error: found.error,
    refetch: () => void found.refetch(),
    more: hasNextPage && !isAlone && !isFetchingNextPage ? () => void fetchNextPage() : undefined,
  };
}
