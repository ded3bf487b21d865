/** Products of the marketplace as Imago's own service shows them. */
import type { Product, ProductResult } from '../../../api/imago-marketplace.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ProductRow, ProductVersion } from '../../catalog/rows/marketplace.ts';
import { subscribedOf } from '../../domain/marketplace.ts';
import type { Caller } from '../operation.ts';

export async function productResult(
  reader: CatalogReader,
  viewer: Caller,
  row: ProductRow,
): Promise<ProductResult> {
  const subscribed = await subscribedOf(reader, viewer, [row]);
  return { Product: productShape(row, viewer, subscribed) };
}

export function productShape(
  row: ProductRow,
  { account }: Caller,
  subscribed: ReadonlySet<string>,
): Product {
  const isVendor = row.account === account;
  const shown = isVendor ? row.versions : row.versions.filter(({ state }) => state === 'available');
  return {
    ProductCode: row.id,
    VendorId: row.account,
    Title: row.title,
    Description: row.description,
    Price: row.price,
    Terms: row.terms,
    Status: row.retiredAt ? 'Retired' : 'Active',
    Subscribed: subscribed.has(row.id),
    Versions: shown.map((version) => versionShape(version, isVendor)).reverse(),
    CreateDate: new Date(row.createdAt),
  };
}

function versionShape(version: ProductVersion, isVendor: boolean): Product['Versions'][number] {
  return {
    Version: version.name,
    Region: version.region,
    ImageId: version.imageId,
    SourceImageId: isVendor ? version.sourceImageId : undefined,
    Status: version.state,
    StatusReason: version.reason,
    CreateDate: new Date(version.createdAt),
  };
}
