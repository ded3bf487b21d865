/** Changes that are made, or only previewed: then all of it is checked, and none of it is kept. */
import type { Catalog, CatalogTransaction } from '../../catalog/catalog.ts';

class Previewed extends Error {}

export async function writeOrPreview<Result>(
  catalog: Catalog,
  isPreview: boolean | undefined,
  work: (transaction: CatalogTransaction) => Promise<Result>,
): Promise<Result> {
  let previewed: { result: Result } | undefined;
  try {
    return await catalog.write(async (transaction) => {
      const result = await work(transaction);
      if (!isPreview) return result;
      previewed = { result };
      throw new Previewed();
    });
  } catch (error) {
    if (error instanceof Previewed && previewed) return previewed.result;
    throw error;
  }
}
