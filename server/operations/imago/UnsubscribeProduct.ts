import type { ProductRequest, ProductResult } from '../../../api/imago-marketplace.ts';
import { requiredProduct } from '../../domain/marketplace.ts';
import { subscriptionId } from '../../domain/product-codes.ts';
import type { Operation } from '../operation.ts';
import { productResult } from '../shapes/products.ts';

/** Instances of it go on; nothing of it is launched any more. */
export const unsubscribeProduct: Operation<ProductRequest, ProductResult> = {
  accepts: ['ProductCode'],
  run: ({ ProductCode }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const product = await requiredProduct(transaction, caller, ProductCode);
      await transaction.subscriptions.delete(subscriptionId(caller.account, product.id));
      return productResult(transaction, caller, product);
    }),
};
