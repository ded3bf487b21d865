/** Products of the marketplace, and who is subscribed to them. They belong to no region. */
import type { Row } from './row.ts';

export interface ProductRow extends Row {
  /** Its product code. */
  id: string;
  /** The vendor. */
  account: string;
  createdAt: string;
  title: string;
  description: string;
  /** As the vendor says it. */
  price: string;
  terms: string;
  /** From then on nobody subscribes to it. */
  retiredAt?: string;
  /** Oldest first. */
  versions: ProductVersion[];
}

/** An image of the product, in one region. */
export interface ProductVersion {
  name: string;
  region: string;
  /** Of the marketplace; there as long as the version is `available`. */
  imageId: string;
  /** The vendor's, which that was made of. */
  sourceImageId: string;
  state: 'checking' | 'available' | 'refused';
  /** Why it was refused. */
  reason?: string;
  createdAt: string;
}

/** `id` is `account/product`. */
export interface SubscriptionRow extends Row {
  account: string;
  /** Its product code. */
  product: string;
  createdAt: string;
}
