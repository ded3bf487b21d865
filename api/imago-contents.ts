/**
 * The part of Imago's own contract (imago.ts) that is what is in an image: its files and packages,
 * read without booting it. Whoever may launch the image may ask. Names and paths in images are any
 * bytes: where they are not UTF-8, what stands in their text is replaced, and the bytes themselves
 * are beside it, in base64 (`PathBytes`, `TargetBytes`, `NameBytes`); a request may name a path so, too.
 */
import type { ServiceModel } from './model.ts';

const path = { Path: 'string', PathBytes: 'string' } as const;

export const contentShapes = {
  ListImageFilesRequest: {
    members: {
      ImageId: 'string',
      ...path,
      Depth: 'number',
      Name: 'string',
      Kind: 'string',
      MaxResults: 'number',
      NextToken: 'string',
    },
    required: ['ImageId'],
  },
  ListImageFilesResult: { members: { Files: 'ImageFileList', NextToken: 'string' } },
  ImageFileList: { list: 'ImageFile', xml: 'item' },
  ImageFile: {
    members: {
      ...path,
      Kind: 'string',
      Mode: 'string',
      Uid: 'number',
      Gid: 'number',
      Owner: 'string',
      Group: 'string',
      SizeBytes: 'number',
      Links: 'number',
      Inode: 'number',
      ModifyDate: 'timestamp',
      Target: 'string',
      TargetBytes: 'string',
      Device: 'string',
      Attributes: 'FileAttributeList',
      Sha256: 'string',
    },
  },
  FileAttributeList: { list: 'FileAttribute', xml: 'item' },
  FileAttribute: { members: { Name: 'string', NameBytes: 'string', Value: 'blob' } },
  DescribeImageFileRequest: {
    members: { ImageId: 'string', ...path, FollowLinks: 'boolean', Sha256: 'boolean' },
    required: ['ImageId'],
  },
  DescribeImageFileResult: { members: { File: 'ImageFile' } },
  GetImageFileRequest: { members: { ImageId: 'string', ...path }, required: ['ImageId'] },
  GetImageFileResult: { members: { SizeBytes: 'number', Content: 'stream' } },
  DescribeImagePackagesRequest: {
    members: {
      ImageId: 'string',
      Licenses: 'boolean',
      MaxResults: 'number',
      NextToken: 'string',
    },
    required: ['ImageId'],
  },
  DescribeImagePackagesResult: {
    members: { Packages: 'PackageList', System: 'string', NextToken: 'string' },
  },
  PackageList: { list: 'Package', xml: 'item' },
  Package: {
    members: {
      Manager: 'string',
      Name: 'string',
      Version: 'string',
      Architecture: 'string',
      Source: 'string',
      SourceVersion: 'string',
      License: 'string',
      Maintainer: 'string',
      Homepage: 'string',
      Summary: 'string',
      InstalledSizeBytes: 'number',
      PackageUrl: 'string',
    },
  },
  GetImageBillOfMaterialsRequest: {
    members: { ImageId: 'string', Format: 'string' },
    required: ['ImageId', 'Format'],
  },
  GetImageBillOfMaterialsResult: { members: { Document: 'document' } },
} as const satisfies ServiceModel['shapes'];

const ofPath = { ImageId: 'label', Path: 'query path', PathBytes: 'query pathBytes' } as const;
const ofPages = { MaxResults: 'query maxResults', NextToken: 'query nextToken' } as const;

export const contentOperations = {
  ListImageFiles: {
    input: 'ListImageFilesRequest',
    output: 'ListImageFilesResult',
    http: {
      input: {
        ...ofPath,
        Depth: 'query depth',
        Name: 'query name',
        Kind: 'query kind',
        ...ofPages,
      },
    },
  },
  DescribeImageFile: {
    input: 'DescribeImageFileRequest',
    output: 'DescribeImageFileResult',
    http: { input: { ...ofPath, FollowLinks: 'query followLinks', Sha256: 'query sha256' } },
  },
  GetImageFile: {
    input: 'GetImageFileRequest',
    output: 'GetImageFileResult',
    http: {
      input: ofPath,
      output: { SizeBytes: 'header content-length', Content: 'payload' },
    },
  },
  DescribeImagePackages: {
    input: 'DescribeImagePackagesRequest',
    output: 'DescribeImagePackagesResult',
    http: { input: { ImageId: 'label', Licenses: 'query licenses', ...ofPages } },
  },
  GetImageBillOfMaterials: {
    input: 'GetImageBillOfMaterialsRequest',
    output: 'GetImageBillOfMaterialsResult',
    http: { input: { ImageId: 'label', Format: 'query format' } },
  },
} as const satisfies ServiceModel['operations'];

export const contentRoutes = {
  ListImageFiles: 'GET /imago/images/{ImageId}/contents/files',
  DescribeImageFile: 'GET /imago/images/{ImageId}/contents/file',
  GetImageFile: 'GET /imago/images/{ImageId}/contents/bytes',
  DescribeImagePackages: 'GET /imago/images/{ImageId}/contents/packages',
  GetImageBillOfMaterials: 'GET /imago/images/{ImageId}/contents/bill-of-materials',
} as const;

/** From `/`; links are followed in it, within the image. `/` where neither is given. */
export interface PathOfImage {
  ImageId: string;
  Path?: string;
  /** In place of `Path`: base64. */
  PathBytes?: string;
}

export type ImageFileKind =
  | 'file'
  | 'folder'
  | 'link'
  | 'character-device'
  | 'block-device'
  | 'fifo'
  | 'socket';

export interface ImageFile {
  /** From `/`, without links in it. */
  Path: string;
  /** Base64; where the path is not UTF-8. */
  PathBytes?: string;
  Kind: ImageFileKind;
  /** Permissions in octal, such as `0644`. */
  Mode: string;
  Uid: number;
  Gid: number;
  /** As the image's own accounts have them. */
  Owner?: string;
  Group?: string;
  SizeBytes: number;
  /** How many names it has. */
  Links: number;
  Inode: number;
  ModifyDate: Date;
  /** Of a link. */
  Target?: string;
  TargetBytes?: string;
  /** Of a device: major and minor number, such as `8:1`. */
  Device?: string;
  /** Extended attributes; told of one file that is described. */
  Attributes?: ImageFileAttribute[];
  /** Where it was asked for, of a regular file. */
  Sha256?: string;
}

export interface ImageFileAttribute {
  /** Such as `user.mime_type`. */
  Name: string;
  /** Base64; where the name is not UTF-8. */
  NameBytes?: string;
  Value: Uint8Array;
}

/** What is in a folder, by the order of the names' bytes; of anything else, itself. */
export interface ListImageFilesRequest extends PathOfImage {
  /** How many folders deep; 1, the folder itself, when absent. */
  Depth?: number;
  /** Of the last part of the path: `*`, `?` and `[…]` stand for what they do in a shell. */
  Name?: string;
  Kind?: ImageFileKind;
  MaxResults?: number;
  NextToken?: string;
}

/** A page may have fewer than were asked for, or none, and yet another after it. */
export interface ListImageFilesResult {
  Files: ImageFile[];
  NextToken?: string;
}

export interface DescribeImageFileRequest extends PathOfImage {
  /** A link at the end of the path; false when absent. */
  FollowLinks?: boolean;
  Sha256?: boolean;
}

export interface DescribeImageFileResult {
  File: ImageFile;
}

export type GetImageFileRequest = PathOfImage;

/** The bytes of a regular file, as they are. What ends before its length could not be read. */
export interface GetImageFileResult {
  SizeBytes: number;
  Content: AsyncIterable<Uint8Array>;
}

export interface DescribeImagePackagesRequest {
  ImageId: string;
  /** Have those of dpkg looked for in their copyright files; of others they are told anyway. */
  Licenses?: boolean;
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeImagePackagesResult {
  Packages: ImagePackage[];
  /** What the system calls itself, such as `Debian GNU/Linux 12 (bookworm)`. */
  System?: string;
  NextToken?: string;
}

export interface ImagePackage {
  Manager: 'dpkg' | 'apk' | 'rpm';
  Name: string;
  Version: string;
  Architecture: string;
  /** What it was built of, where that is called otherwise. */
  Source?: string;
  SourceVersion?: string;
  License?: string;
  Maintainer?: string;
  Homepage?: string;
  Summary?: string;
  InstalledSizeBytes?: number;
  /** As the package-url specification has it: `pkg:deb/debian/…`. */
  PackageUrl: string;
}

export interface GetImageBillOfMaterialsRequest {
  ImageId: string;
  Format: 'cyclonedx' | 'spdx';
}

/** CycloneDX 1.6, or SPDX 2.3. The same image has the same document. */
export interface GetImageBillOfMaterialsResult {
  Document: Record<string, unknown>;
}

export interface ContentInputs {
  GetImageBillOfMaterials: GetImageBillOfMaterialsRequest;
  ListImageFiles: ListImageFilesRequest;
  DescribeImageFile: DescribeImageFileRequest;
  GetImageFile: GetImageFileRequest;
  DescribeImagePackages: DescribeImagePackagesRequest;
}

export interface ContentOutputs {
  GetImageBillOfMaterials: GetImageBillOfMaterialsResult;
  ListImageFiles: ListImageFilesResult;
  DescribeImageFile: DescribeImageFileResult;
  GetImageFile: GetImageFileResult;
  DescribeImagePackages: DescribeImagePackagesResult;
}
