/**
 * The part of Imago's own contract (imago.ts) that is in what two images differ, and a machine from
 * its image. Paths are as in imago-contents.ts.
 */
import type { ImageFileKind } from './imago-contents.ts';
import type { ServiceModel } from './model.ts';

export const differenceShapes = {
  DiffImagesRequest: {
    members: {
      ImageId: 'string',
      OtherImageId: 'string',
      MaxResults: 'number',
      NextToken: 'string',
    },
    required: ['ImageId', 'OtherImageId'],
  },
  DiffImagesResult: {
    members: {
      Same: 'boolean',
      Packages: 'PackageChangeList',
      Files: 'FileChangeList',
      NextToken: 'string',
    },
  },
  DescribeInstanceDriftRequest: {
    members: { InstanceId: 'string' },
    required: ['InstanceId'],
  },
  DescribeInstanceDriftResult: {
    members: {
      ImageId: 'string',
      Same: 'boolean',
      Packages: 'PackageChangeList',
      Files: 'FileChangeList',
      Truncated: 'boolean',
    },
  },
  PackageChangeList: { list: 'PackageChange', xml: 'item' },
  PackageChange: {
    members: {
      Manager: 'string',
      Name: 'string',
      Architecture: 'string',
      Change: 'string',
      Before: 'string',
      After: 'string',
    },
  },
  FileChangeList: { list: 'FileChange', xml: 'item' },
  FileChange: {
    members: {
      Path: 'string',
      PathBytes: 'string',
      Change: 'string',
      Differences: 'StringList',
      Before: 'FileFacts',
      After: 'FileFacts',
      Package: 'string',
      TextDiff: 'string',
    },
  },
  FileFacts: {
    members: {
      Kind: 'string',
      Mode: 'string',
      Uid: 'number',
      Gid: 'number',
      SizeBytes: 'number',
      Target: 'string',
      TargetBytes: 'string',
      Device: 'string',
      Capabilities: 'string',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const differenceOperations = {
  DiffImages: {
    input: 'DiffImagesRequest',
    output: 'DiffImagesResult',
    http: {
      input: {
        ImageId: 'label',
        OtherImageId: 'label',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  DescribeInstanceDrift: {
    input: 'DescribeInstanceDriftRequest',
    output: 'DescribeInstanceDriftResult',
    http: { input: { InstanceId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const differenceRoutes = {
  DiffImages: 'GET /imago/images/{ImageId}/differences/{OtherImageId}',
  DescribeInstanceDrift: 'GET /imago/instances/{InstanceId}/drift',
} as const;

/** From the one to the other: what only the other has was added. */
export interface DiffImagesRequest {
  ImageId: string;
  OtherImageId: string;
  MaxResults?: number;
  NextToken?: string;
}

export interface Differences {
  /** Nothing differs: neither packages nor files. */
  Same: boolean;
  /** On the first page. */
  Packages: PackageChange[];
  /** By their paths. That a file has another time is no difference. */
  Files: FileChange[];
  NextToken?: string;
}

export type DiffImagesResult = Differences;

/**
 * From the image that it was launched from to what its disks have now. It is not paused: what it has
 * not written to its disks yet is not there.
 */
export interface DescribeInstanceDriftRequest {
  InstanceId: string;
}

export interface DescribeInstanceDriftResult extends Omit<Differences, 'NextToken'> {
  ImageId: string;
  /** There are more files than are told; the image of a capture can be compared whole. */
  Truncated: boolean;
}

export interface PackageChange {
  Manager: 'dpkg' | 'apk' | 'rpm';
  Name: string;
  Architecture: string;
  /** `changed`: of the versions of other managers than dpkg it is not said which is newer. */
  Change: 'added' | 'removed' | 'upgraded' | 'downgraded' | 'changed';
  /** Versions. */
  Before?: string;
  After?: string;
}

export interface FileChange {
  Path: string;
  PathBytes?: string;
  Change: 'added' | 'removed' | 'changed';
  /** Of one that changed. */
  Differences?: (
    | 'attributes'
    | 'content'
    | 'device'
    | 'group'
    | 'kind'
    | 'mode'
    | 'owner'
    | 'target'
  )[];
  Before?: FileFacts;
  After?: FileFacts;
  /** Whose file it is. */
  Package?: string;
  /** Of small texts below `/etc`: in the unified form, without names of files. */
  TextDiff?: string;
}

export interface FileFacts {
  Kind: ImageFileKind;
  /** In octal, such as `0644`. */
  Mode: string;
  Uid: number;
  Gid: number;
  SizeBytes: number;
  Target?: string;
  TargetBytes?: string;
  Device?: string;
  /** Of a program, as getcap writes them. */
  Capabilities?: string;
}

export interface DifferenceInputs {
  DescribeInstanceDrift: DescribeInstanceDriftRequest;
  DiffImages: DiffImagesRequest;
}

export interface DifferenceOutputs {
  DescribeInstanceDrift: DescribeInstanceDriftResult;
  DiffImages: DiffImagesResult;
}
