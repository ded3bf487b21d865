import type { ProductRequest, ProductResult } from '../../../api/imago-marketplace.ts';
import { requiredProduct, retire } from '../../domain/marketplace.ts';
import type { Operation } from '../operation.ts';
import { productResult } from '../shapes/products.ts';

/** By the vendor, or an operator. */
export const retireProduct: Operation<ProductRequest, ProductResult> = {
  accepts: ['ProductCode'],
  run: ({ ProductCode }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const product = await requiredProduct(transaction, caller, ProductCode);
      const retired = await retire(transaction, caller, product, clock.now());
      return productResult(transaction, caller, retired);
    }),
};
