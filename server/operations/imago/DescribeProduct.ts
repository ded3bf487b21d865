import type { ProductRequest, ProductResult } from '../../../api/imago-marketplace.ts';
import { requiredProduct } from '../../domain/marketplace.ts';
import type { Operation } from '../operation.ts';
import { productResult } from '../shapes/products.ts';

export const describeProduct: Operation<ProductRequest, ProductResult> = {
  accepts: ['ProductCode'],
  run: ({ ProductCode }, { catalog, caller }) =>
    catalog.read(async (reader) =>
      productResult(reader, caller, await requiredProduct(reader, caller, ProductCode)),
    ),
};
