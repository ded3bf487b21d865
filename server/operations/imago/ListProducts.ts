import type { ListProductsRequest, ListProductsResult } from '../../../api/imago-marketplace.ts';
import { seesProduct, subscribedOf } from '../../domain/marketplace.ts';
import { pageOf, readPage, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { productShape } from '../shapes/products.ts';

export const listProducts: Operation<ListProductsRequest, ListProductsResult> = {
  accepts: ['MaxResults', 'NextToken'],
  inPages: { list: 'Products' },
  async run(input, { catalog, caller }) {
    const page = pageOf(input, { ...caller, action: 'ListProducts' }, usualPageBounds);
    return catalog.read(async (reader) => {
      const { rows, nextToken } = await readPage(reader.products, {}, page, (row) =>
        seesProduct(caller, row),
      );
      const subscribed = await subscribedOf(reader, caller, rows);
      const Products = rows.map((row) => productShape(row, caller, subscribed));
      return { Products, NextToken: nextToken };
    });
  },
};
