/**
 * The part of Imago's own contract (imago.ts) that is the marketplace: products that vendors
 * publish and accounts subscribe to, and the checks of images that go before. That an image is of a
 * product, and what is launched of it, is EC2's own (ProductCodes).
 */
import type { ServiceModel } from './model.ts';

export const marketplaceShapes = {
  Product: {
    members: {
      ProductCode: 'string',
      VendorId: 'string',
      Title: 'string',
      Description: 'string',
      Price: 'string',
      Terms: 'string',
      Status: 'string',
      Subscribed: 'boolean',
      Versions: 'ProductVersionList',
      CreateDate: 'timestamp',
    },
  },
  ProductList: { list: 'Product', xml: 'item' },
  ProductVersion: {
    members: {
      Version: 'string',
      Region: 'string',
      ImageId: 'string',
      SourceImageId: 'string',
      Status: 'string',
      StatusReason: 'string',
      CreateDate: 'timestamp',
    },
  },
  ProductVersionList: { list: 'ProductVersion', xml: 'item' },
  CheckImageRequest: { members: { ImageId: 'string' }, required: ['ImageId'] },
  CheckImageResult: { members: { TaskId: 'string' } },
  PublishProductRequest: {
    members: {
      ImageId: 'string',
      ProductCode: 'string',
      Title: 'string',
      Description: 'string',
      Price: 'string',
      Terms: 'string',
      Version: 'string',
    },
    required: ['ImageId'],
  },
  PublishProductResult: { members: { Product: 'Product', ImageId: 'string', TaskId: 'string' } },
  ListProductsRequest: { members: { MaxResults: 'number', NextToken: 'string' } },
  ListProductsResult: { members: { Products: 'ProductList', NextToken: 'string' } },
  ProductRequest: { members: { ProductCode: 'string' }, required: ['ProductCode'] },
  ProductResult: { members: { Product: 'Product' } },
} as const satisfies ServiceModel['shapes'];

const onOne = {
  input: 'ProductRequest',
  output: 'ProductResult',
  http: { input: { ProductCode: 'label' } },
} as const;

export const marketplaceOperations = {
  CheckImage: {
    input: 'CheckImageRequest',
    output: 'CheckImageResult',
    http: { status: 202, input: { ImageId: 'label' } },
  },
  PublishProduct: {
    input: 'PublishProductRequest',
    output: 'PublishProductResult',
    http: { status: 202 },
  },
  ListProducts: {
    input: 'ListProductsRequest',
    output: 'ListProductsResult',
    http: { input: { MaxResults: 'query maxResults', NextToken: 'query nextToken' } },
  },
  DescribeProduct: onOne,
  SubscribeProduct: onOne,
  UnsubscribeProduct: onOne,
  RetireProduct: onOne,
} as const satisfies ServiceModel['operations'];

export const marketplaceRoutes = {
  CheckImage: 'POST /imago/images/{ImageId}/checks',
  PublishProduct: 'POST /imago/products',
  ListProducts: 'GET /imago/products',
  DescribeProduct: 'GET /imago/products/{ProductCode}',
  SubscribeProduct: 'PUT /imago/products/{ProductCode}/subscription',
  UnsubscribeProduct: 'DELETE /imago/products/{ProductCode}/subscription',
  RetireProduct: 'POST /imago/products/{ProductCode}/retire',
} as const;

export interface Product {
  /** 25 lower-case letters and digits. */
  ProductCode: string;
  /** Account of whoever publishes it. */
  VendorId: string;
  Title: string;
  Description: string;
  /** In the vendor's words: nothing is charged here. */
  Price: string;
  Terms: string;
  /** `Retired`: nobody subscribes to it any more; those who have may go on. */
  Status: 'Active' | 'Retired';
  /** Whether the account that asks is. */
  Subscribed: boolean;
  /** Newest first; those that are not available are shown to the vendor only. */
  Versions: ProductVersion[];
  CreateDate: Date;
}

/** An image of the product, in one region. */
export interface ProductVersion {
  Version: string;
  Region: string;
  /** The marketplace's own, once it is available. */
  ImageId: string;
  /** The vendor's, which it was made of; told to the vendor only. */
  SourceImageId?: string;
  Status: 'checking' | 'available' | 'refused';
  StatusReason?: string;
  CreateDate: Date;
}

/**
 * Without a code a new product is made, or with one that nobody has. Of a product that is there,
 * what is absent stays as it is.
 */
export interface PublishProductRequest {
  ImageId: string;
  ProductCode?: string;
  Title?: string;
  Description?: string;
  Price?: string;
  Terms?: string;
  Version?: string;
}

/** The image is there when the task has succeeded. */
export interface PublishProductResult {
  Product: Product;
  ImageId: string;
  TaskId: string;
}

export interface ListProductsRequest {
  MaxResults?: number;
  NextToken?: string;
}

export interface ListProductsResult {
  Products: Product[];
  NextToken?: string;
}

export interface ProductRequest {
  ProductCode: string;
}

export interface ProductResult {
  Product: Product;
}

/** What is found is told by EC2's GetImageFindings when the task has succeeded. */
export interface CheckImageRequest {
  ImageId: string;
}

export interface CheckImageResult {
  TaskId: string;
}

export interface MarketplaceInputs {
  CheckImage: CheckImageRequest;
  PublishProduct: PublishProductRequest;
  ListProducts: ListProductsRequest;
  DescribeProduct: ProductRequest;
  SubscribeProduct: ProductRequest;
  UnsubscribeProduct: ProductRequest;
  RetireProduct: ProductRequest;
}

export interface MarketplaceOutputs {
  CheckImage: CheckImageResult;
  PublishProduct: PublishProductResult;
  ListProducts: ListProductsResult;
  DescribeProduct: ProductResult;
  SubscribeProduct: ProductResult;
  UnsubscribeProduct: ProductResult;
  RetireProduct: ProductResult;
}
