/** Whether this Imago could be brought back from its block store (server/recovery). */
import type { Finding } from '../foundations/finding.ts';
import type { CatalogKeeping } from '../recovery/catalog-keeper.ts';

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
