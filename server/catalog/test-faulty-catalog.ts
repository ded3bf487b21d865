/** A catalog for tests whose calls do their work and throw, or throw without it, by a seed. */
import type { Random } from '../../test/fuzz/random.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from './catalog.ts';

/** After some calls the process is no more; the last one may have been done. */
export function killed(catalog: Catalog, random: Random): Catalog {
  let left = random.below(25);
  return withCalls(catalog, () => {
    if (left-- > 0) return 'done';
    return left === -1 && random.chance(0.5) ? 'done and not told' : 'not done';
  });
}

/** Some calls fail, and others do not. */
export function flaky(catalog: Catalog, random: Random): Catalog {
  return withCalls(catalog, () =>
    random.chance(0.9) ? 'done' : random.pick(['done and not told', 'not done'] as const),
  );
}

function withCalls(
  catalog: Catalog,
  fate: () => 'done' | 'done and not told' | 'not done',
): Catalog {
  const call = async <T>(perform: () => Promise<T>): Promise<T> => {
    const becomes = fate();
    if (becomes === 'done') return perform();
    if (becomes === 'done and not told') await perform();
    throw new Error('the catalog does not answer');
  };
  return Object.assign(Object.create(catalog) as Catalog, {
    read: <T>(work: (reader: CatalogReader) => Promise<T>) => call(() => catalog.read(work)),
    write: <T>(work: (transaction: CatalogTransaction) => Promise<T>) =>
      call(() => catalog.write(work)),
  });
}
