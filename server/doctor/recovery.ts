/** Whether this Imago could be brought back (server/recovery): of its block store, of a copy of it. */
import type { Finding } from '../foundations/finding.ts';
import { formatBytes } from '../foundations/sizes.ts';
import type { CatalogKeeping } from '../recovery/catalog-keeper.ts';
import type { CopyState, VerifiedStore } from '../recovery/store-copy.ts';
import { someOf, told } from './blocks.ts';

const name = 'recovery';
const howTo =
  'Serve it with --recovery-key-file FILE or --recovery-passphrase-fd 3 3<FILE, and keep that elsewhere.';

export function checkRecovery({ problem, sealedAt, failed }: CatalogKeeping): Finding {
  if (problem !== undefined) {
    const detail = `nothing could bring this Imago back: ${problem}`;
    return { name, state: 'warning', detail, advice: howTo };
  }
  if (failed !== undefined) {
    const since = sealedAt === undefined ? 'ever' : `since ${sealedAt}`;
    return {
      name,
      state: 'problem',
      detail: `the catalog was not sealed into a block store ${since}: ${failed}`,
      advice: 'It is tried again every few minutes; the log says more.',
    };
  }
  const when = sealedAt === undefined ? 'is about to be' : `was at ${sealedAt}`;
  return { name, state: 'good', detail: `the catalog ${when} sealed into the block stores` };
}

export function checkCopy({
  folder,
  copied,
  snapshots,
  running,
  completeAsOf,
  catalogAt,
  problem,
  verified,
}: CopyState): Finding {
  const copyName = `copy in ${folder}`;
  const catalog = catalogAt === undefined ? 'without a catalog' : `its catalog of ${catalogAt}`;
  const asOf =
    completeAsOf === undefined
      ? 'nothing is whole there yet'
      : `whole as of ${completeAsOf}, ${catalog}`;
  if (problem !== undefined) {
    return {
      name: copyName,
      state: 'problem',
      detail: `${asOf}; ${problem}`,
      advice:
        'It goes on by itself within a minute of being possible: mount its disk, make room. One that is another Imago’s stays that: name another folder.',
    };
  }
  if (verified && verified.damage.length > 0) {
    return {
      name: copyName,
      state: 'problem',
      detail: `${asOf}; ${damageThere(verified)}`,
      advice: 'They are put again once the own blocks, or the file in the archive, are whole.',
    };
  }
  const { done, total } = snapshots;
  const sent = `${done} of ${total} snapshots, ${formatBytes(copied.bytes)} sent`;
  const blocks = verified ? `; of its blocks ${readOf(verified)}` : '';
  const detail = `${asOf}${running ? `; on the way: ${sent}` : ''}${blocks}`;
  return { name: copyName, state: completeAsOf === undefined ? 'warning' : 'good', detail };
}

function damageThere({ damage, ...verified }: VerifiedStore): string {
  const ids = new Set(damage.flatMap(({ imageIds, snapshotIds }) => [...imageIds, ...snapshotIds]));
  const whose = someOf(ids) || 'no image';
  return `${damage.length} blocks there are damaged or missing, of ${whose}; ${readOf(verified)}`;
}

function readOf({ record }: Pick<VerifiedStore, 'record'>): string {
  return told({ read: record.blocks, total: record.totalBlocks, today: record.today });
}
