/**
 * Product codes of the marketplace: what is of a product is launched by its vendor and by those who
 * are subscribed. The codes travel: from an image to its instances and from a snapshot to its
 * volumes, from those to what is captured of them, and to copies. What is a product is
 * marketplace.ts's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';

interface Coded {
  productCodes?: string[];
}

/** Each once; nothing where there are none, so that rows without any have no member. */
export function productCodesOf(...sources: readonly Coded[]): Coded {
  const codes = [...new Set(sources.flatMap(({ productCodes = [] }) => productCodes))];
  return codes.length > 0 ? { productCodes: codes } : {};
}

/** Of what is about to be launched. A code that no product has is nobody's to use. */
export async function checkSubscribed(
  { products, subscriptions }: CatalogReader,
  { account }: { account: string },
  ...sources: readonly Coded[]
): Promise<void> {
  const { productCodes = [] } = productCodesOf(...sources);
  for (const code of productCodes) {
    if (await subscriptions.get(subscriptionId(account, code))) continue;
    if ((await products.get(code))?.account === account) continue;
    throw new ServiceError(
      'OptInRequired',
      `In order to use this product of the marketplace (${code}) you need to accept its terms and subscribe: imago market subscribe ${code}`,
    );
  }
}

export function subscriptionId(account: string, code: string): string {
  return `${account}/${code}`;
}
