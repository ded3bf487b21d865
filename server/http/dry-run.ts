/** DryRun for every operation at once: the work is done, then thrown away. */
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog } from '../catalog/catalog.ts';

export function dryRunOperation(): ServiceError {
  return new ServiceError(
    'DryRunOperation',
    'Request would have succeeded, but DryRun flag is set.',
  );
}

/** A catalog whose `write` finds out whether the work succeeds, and never commits it. */
export function dryRunCatalog(catalog: Catalog): Catalog {
  return {
    read: (work) => catalog.read(work),
    write: (work) =>
      catalog.write(async (transaction) => {
        await work(transaction);
        throw dryRunOperation();
      }),
    close: () => catalog.close(),
  };
}
