/**
 * The part of Imago's own contract (imago.ts) that is the provider's images: an operator publishes
 * images of his as new versions of them. That they are there is EC2's own (owner alias `amazon`),
 * and the parameter store's (`/aws/service/imago/NAME/latest/amd64`).
 */
import type { ServiceModel } from './model.ts';

export const providerShapes = {
  ProviderImage: {
    members: {
      Name: 'string',
      Version: 'number',
      ImageId: 'string',
      ImageName: 'string',
      Region: 'string',
      Parameters: 'StringList',
      Retired: 'boolean',
      CreateDate: 'timestamp',
    },
  },
  ProviderImageList: { list: 'ProviderImage', xml: 'item' },
  PublishProviderImageRequest: {
    members: { ImageId: 'string', Name: 'string', Description: 'string' },
    required: ['ImageId', 'Name'],
  },
  ListProviderImagesRequest: { members: {} },
  ListProviderImagesResult: { members: { Images: 'ProviderImageList' } },
  RetireProviderImageRequest: { members: { ImageId: 'string' }, required: ['ImageId'] },
  ProviderImageResult: { members: { Image: 'ProviderImage' } },
} as const satisfies ServiceModel['shapes'];

export const providerOperations = {
  PublishProviderImage: {
    input: 'PublishProviderImageRequest',
    output: 'ProviderImageResult',
    http: { status: 201, input: { Name: 'label' } },
  },
  ListProviderImages: { input: 'ListProviderImagesRequest', output: 'ListProviderImagesResult' },
  RetireProviderImage: {
    input: 'RetireProviderImageRequest',
    output: 'ProviderImageResult',
    http: { input: { ImageId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const providerRoutes = {
  PublishProviderImage: 'POST /imago/provider-images/{Name}/versions',
  ListProviderImages: 'GET /imago/provider-images',
  RetireProviderImage: 'POST /imago/images/{ImageId}/retire',
} as const;

/** An image of the provider in the region of the request. */
export interface ProviderImage {
  Name: string;
  Version: number;
  ImageId: string;
  ImageName: string;
  Region: string;
  /** The public parameters that stand for the newest of its name. */
  Parameters: string[];
  /** No parameter stands for it any more. */
  Retired: boolean;
  CreateDate: Date;
}

export interface PublishProviderImageRequest {
  /** The operator's own: it stays, and what is published is another over the same blocks. */
  ImageId: string;
  Name: string;
  Description?: string;
}

export type ListProviderImagesRequest = Record<string, never>;

/** By name, newest first. */
export interface ListProviderImagesResult {
  Images: ProviderImage[];
}

export interface RetireProviderImageRequest {
  ImageId: string;
}

export interface ProviderImageResult {
  Image: ProviderImage;
}

export interface ProviderInputs {
  PublishProviderImage: PublishProviderImageRequest;
  ListProviderImages: ListProviderImagesRequest;
  RetireProviderImage: RetireProviderImageRequest;
}

export interface ProviderOutputs {
  PublishProviderImage: ProviderImageResult;
  ListProviderImages: ListProviderImagesResult;
  RetireProviderImage: ProviderImageResult;
}
