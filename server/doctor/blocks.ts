/** What `imago doctor` says of what the scrubber reads: blocks, and the files of the archive. */
import type { ScrubbedArchives } from '../collection/archive-scrubber.ts';
import type { ScrubbedStore } from '../collection/scrubber.ts';
import type { Finding } from '../foundations/finding.ts';

const namesMost = 5;

export function checkBlocks(stores: readonly ScrubbedStore[]): Finding {
  const name = 'blocks';
  const sum = (of: (store: ScrubbedStore) => number) =>
    stores.reduce((all, store) => all + of(store), 0);
  const detail = told({
    read: sum(({ record }) => record.blocks),
    total: sum(({ record }) => record.totalBlocks),
    today: sum(({ record }) => record.today),
  });
  const damage = stores.flatMap((store) => store.damage);
  if (damage.length === 0) return { name, state: 'good', detail };
  const ids = new Set(damage.flatMap(({ imageIds, instanceIds }) => [...imageIds, ...instanceIds]));
  return {
    name,
    state: 'problem',
    detail: `${damage.length} are damaged or missing, of ${someOf(ids) || 'no image'}; ${detail}`,
    advice: 'Bring them back from another store or raw images: imago fsck --repair --from FOLDER',
  };
}

/** Nothing, where no snapshot is archived. */
export function checkArchive(archives: ScrubbedArchives | undefined): Finding[] {
  if (!archives) return [];
  const { record, damage } = archives;
  const name = 'archive';
  const detail = told(record);
  if (damage.length === 0) return [{ name, state: 'good', detail }];
  const ids = new Set(damage.map(({ snapshotId, account }) => `${snapshotId} of ${account}`));
  const problem: Finding = {
    name,
    state: 'problem',
    detail: `${damage.length} files are damaged or missing: ${someOf(ids)}; ${detail}`,
    advice: 'Put a whole copy of the file in its place: it is looked at again within the hour.',
  };
  return [problem];
}

export function told({
  read,
  total,
  today,
}: {
  read: number;
  total: number;
  today: number;
}): string {
  return `${read} of ${total} were verified in this round, ${today} of them today`;
}

export function someOf(ids: ReadonlySet<string>): string {
  const more = ids.size > namesMost ? ` and ${ids.size - namesMost} more` : '';
  return `${[...ids].slice(0, namesMost).join(', ')}${more}`;
}
