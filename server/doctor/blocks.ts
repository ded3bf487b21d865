/** What `imago doctor` says of the blocks that the scrubber reads. */
import type { ScrubbedStore } from '../collection/scrubber.ts';
import type { Finding } from '../foundations/finding.ts';

const namesMost = 5;

export function checkBlocks(stores: readonly ScrubbedStore[]): Finding {
  const name = 'blocks';
  const sum = (of: (store: ScrubbedStore) => number) =>
    stores.reduce((all, store) => all + of(store), 0);
  const [read, total] = [
    sum(({ record }) => record.blocks),
    sum(({ record }) => record.totalBlocks),
  ];
  const today = sum(({ record }) => record.today);
  const detail = `${read} of ${total} were verified in this round, ${today} of them today`;
  const damage = stores.flatMap((store) => store.damage);
  if (damage.length === 0) return { name, state: 'good', detail };
  const ids = new Set(damage.flatMap(({ imageIds, instanceIds }) => [...imageIds, ...instanceIds]));
  const named = [...ids].slice(0, namesMost).join(', ');
  const more = ids.size > namesMost ? ` and ${ids.size - namesMost} more` : '';
  return {
    name,
    state: 'problem',
    detail: `${damage.length} are damaged or missing, of ${named || 'no image'}${more}; ${detail}`,
    advice: 'Bring them back from another store or raw images: imago fsck --repair --from FOLDER',
  };
}
