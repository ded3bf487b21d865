/** What was sent to remotes and fetched from them, the newest first. */
import type { Input, Output } from '../../api/wire.ts';
import type { Tone } from '../../parts/mark.tsx';
import { useFirstPages } from '../../parts/use-first-pages.ts';

export type Transfer = Output<'imago', 'DescribeRemoteTransfers'>['Transfers'][number];

export const tones: Readonly<Record<string, Tone>> = {
  ...{ running: 'busy', stopping: 'busy', completed: 'good', failed: 'bad', stopped: 'quiet' },
};

export const isUnderWay = ({ EndedAt }: Transfer) => EndedAt === undefined;

export function useTransfers(of: Input<'imago', 'DescribeRemoteTransfers'>) {
  const { items, ...found } = useFirstPages('imago', 'DescribeRemoteTransfers', of, {
    tables: ['remoteTransfers'],
    itemsOf: ({ Transfers }): Transfer[] => Transfers,
  });
  return { transfers: items?.toSorted(newestFirst), ...found };
}

/** What is under way before what has ended. */
export function newestFirst(one: Transfer, other: Transfer): number {
  if (isUnderWay(one) !== isUnderWay(other)) return isUnderWay(one) ? -1 : 1;
  return Date.parse(other.StartedAt) - Date.parse(one.StartedAt);
}
