/**
 * The part of Imago's own contract (imago.ts) that is the provider's images: an operator publishes
 * images of his as new versions of them. That they are there is EC2's own (owner alias `amazon`),
 * and the parameter store's (`/aws/service/imago/NAME/latest/amd64`). Cloud images of vendors become
 * versions of them, too.
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
  PullImageRequest: {
    members: { Name: 'string', Regions: 'StringList', From: 'string', Keyring: 'blob' },
    required: ['Name'],
  },
  PullImageResult: { members: { TaskId: 'string' } },
  MakeImageRequest: {
    members: {
      Parent: 'string',
      Name: 'string',
      Description: 'string',
      Packages: 'StringList',
      Files: 'MadeFileList',
      Recipe: 'string',
      Lock: 'string',
    },
    required: ['Parent', 'Name'],
  },
  MadeFileList: { list: 'MadeFile', xml: 'item' },
  MadeFile: {
    members: { Path: 'string', Content: 'blob', Mode: 'string', Owner: 'string' },
    required: ['Path', 'Content'],
  },
  MakeImageResult: { members: { TaskId: 'string' } },
  VendorImage: {
    members: {
      Name: 'string',
      Title: 'string',
      Address: 'string',
      User: 'string',
      Fingerprints: 'StringList',
      Keyring: 'string',
      Package: 'string',
      Verification: 'string',
      Advice: 'string',
    },
  },
  VendorImageList: { list: 'VendorImage', xml: 'item' },
  ListVendorImagesRequest: { members: {} },
  ListVendorImagesResult: { members: { Images: 'VendorImageList' } },
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
  PullImage: {
    input: 'PullImageRequest',
    output: 'PullImageResult',
    http: { status: 202, input: { Name: 'label' } },
  },
  ListVendorImages: { input: 'ListVendorImagesRequest', output: 'ListVendorImagesResult' },
  MakeImage: { input: 'MakeImageRequest', output: 'MakeImageResult', http: { status: 202 } },
} as const satisfies ServiceModel['operations'];

export const providerRoutes = {
  PublishProviderImage: 'POST /imago/provider-images/{Name}/versions',
  ListProviderImages: 'GET /imago/provider-images',
  RetireProviderImage: 'POST /imago/images/{ImageId}/retire',
  PullImage: 'POST /imago/vendor-images/{Name}/pulls',
  ListVendorImages: 'GET /imago/vendor-images',
  MakeImage: 'POST /imago/made-images',
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

export interface PullImageRequest {
  /** Of ListVendorImages. */
  Name: string;
  /** Where it is offered; in all regions when absent. */
  Regions?: string[];
  /** Address of another folder with the vendor's files: a mirror's. */
  From?: string;
  /** Public keys of OpenPGP, binary or in armour, instead of the keyring of the entry. */
  Keyring?: Uint8Array;
}

export interface PullImageResult {
  TaskId: string;
}

export type ListVendorImagesRequest = Record<string, never>;

/** By name. */
export interface ListVendorImagesResult {
  Images: VendorImage[];
}

export interface VendorImage {
  Name: string;
  Title: string;
  Address: string;
  /** Whom its cloud-init makes. */
  User: string;
  /** Of the keys of which one must have signed. */
  Fingerprints: string[];
  Keyring?: string;
  /** Debian package that has the keyring. */
  Package?: string;
  /**
   * `ready`: what it takes is on this machine. `missing`: a package is not. `keyring`: the operator
   * has to give a keyring. `unsigned`: it cannot be pulled.
   */
  Verification: 'ready' | 'missing' | 'keyring' | 'unsigned';
  /** What to do where it is not ready. */
  Advice?: string;
}

/** A provider image with what is added to it, built without a machine; the caller's own. */
export interface MakeImageRequest {
  /** The name of a provider image, such as `debian-12`. */
  Parent: string;
  Name: string;
  Description?: string;
  /** Of the archive that the parent is of, with all that they need. */
  Packages?: string[];
  Files?: MadeFile[];
  /** What the image is made of, as its author wrote it; its digest is in the manifest. */
  Recipe?: string;
  /** As GetImageManifest tells of an earlier one: other packages than these are refused. */
  Lock?: string;
}

export interface MadeFile {
  /** From `/` on. */
  Path: string;
  Content: Uint8Array;
  /** Octal, `0644` when absent. */
  Mode?: string;
  /** `user:group`, `root:root` when absent. */
  Owner?: string;
}

export interface MakeImageResult {
  /** Its output has the image's id. */
  TaskId: string;
}

export interface ProviderInputs {
  MakeImage: MakeImageRequest;
  PublishProviderImage: PublishProviderImageRequest;
  ListProviderImages: ListProviderImagesRequest;
  RetireProviderImage: RetireProviderImageRequest;
  PullImage: PullImageRequest;
  ListVendorImages: ListVendorImagesRequest;
}

export interface ProviderOutputs {
  MakeImage: MakeImageResult;
  PublishProviderImage: ProviderImageResult;
  ListProviderImages: ListProviderImagesResult;
  RetireProviderImage: ProviderImageResult;
  PullImage: PullImageResult;
  ListVendorImages: ListVendorImagesResult;
}
