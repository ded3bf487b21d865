/** What is other in one snapshot than in another: their block maps are compared by EBS direct. */
import type { ApiClient } from './client.ts';

export interface Difference {
  /** Blocks that both have, with other bytes. */
  changed: number;
  added: number;
  removed: number;
  blockBytes: number;
  /** There is more than was counted. */
  isCut: boolean;
}

const blocksAtOnce = 10_000;
/** Of a page each; whoever has so many differences shares little. */
const pagesMax = 5;

export async function differenceOf(
  client: ApiClient,
  { before, after }: { before: string; after: string },
  signal?: AbortSignal,
): Promise<Difference> {
  const found = { changed: 0, added: 0, removed: 0, blockBytes: 0, isCut: false };
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken !== undefined; page++) {
    if (page === pagesMax) return { ...found, isCut: true };
    const ids = { FirstSnapshotId: before, SecondSnapshotId: after };
    const input = { ...ids, MaxResults: blocksAtOnce, NextToken };
    const answer = await client.call('ebs', 'ListChangedBlocks', input, signal);
    found.blockBytes = answer.BlockSize ?? found.blockBytes;
    for (const { FirstBlockToken: was, SecondBlockToken: is } of answer.ChangedBlocks ?? []) {
      if (was === undefined) found.added++;
      else if (is === undefined) found.removed++;
      else found.changed++;
    }
    NextToken = answer.NextToken;
  }
  return found;
}
