import type { ProductRequest, ProductResult } from '../../../api/imago-marketplace.ts';
import { requiredProduct, subscribe } from '../../domain/marketplace.ts';
import type { Operation } from '../operation.ts';
import { productResult } from '../shapes/products.ts';

/** For the account in all regions. To ask for it is to accept the product's terms. */
export const subscribeProduct: Operation<ProductRequest, ProductResult> = {
  accepts: ['ProductCode'],
  run: ({ ProductCode }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const product = await requiredProduct(transaction, caller, ProductCode);
      await subscribe(transaction, caller, product, clock.now());
      return productResult(transaction, caller, product);
    }),
};
