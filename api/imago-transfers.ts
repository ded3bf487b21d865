/**
 * The part of Imago's own contract (imago.ts) that is about disk files of clients: how one offers
 * its file to an import (offered-file.ts), and how one gets the disk of an image as a file
 * (image-file.ts). What is moved to and from remotes is in imago-remotes.ts.
 */
import {
  type RemoteInputs,
  type RemoteOutputs,
  remoteOperations,
  remoteRoutes,
  remoteShapes,
} from './imago-remotes.ts';
import type { ServiceModel } from './model.ts';

export const transferShapes = {
  ...remoteShapes,
  OfferFileRequest: {
    members: { ImportTaskId: 'string', Url: 'string' },
    required: ['ImportTaskId', 'Url'],
  },
  DownloadImageRequest: {
    members: { ImageId: 'string', Format: 'string', Disk: 'number' },
    required: ['ImageId', 'Format'],
  },
} as const satisfies ServiceModel['shapes'];

export const transferOperations = {
  ...remoteOperations,
  OfferFile: {
    input: 'OfferFileRequest',
    http: { input: { ImportTaskId: 'label', Url: 'query url' } },
  },
  DownloadImage: {
    input: 'DownloadImageRequest',
    http: { input: { ImageId: 'label', Format: 'query format', Disk: 'query disk' } },
  },
} as const satisfies ServiceModel['operations'];

export const transferRoutes = {
  ...remoteRoutes,
  OfferFile: 'GET /imago/imports/{ImportTaskId}/file',
  DownloadImage: 'GET /imago/images/{ImageId}/file',
} as const;

/** By a WebSocket: the bytes that offered-file.ts describes. */
export interface OfferFileRequest {
  ImportTaskId: string;
  /** As the import names it: `client://…`. */
  Url: string;
}

export type OfferFileResult = unknown;

/** By a WebSocket: the bytes that image-file.ts describes. */
export interface DownloadImageRequest {
  ImageId: string;
  /** `raw`, `qcow2`, `vmdk`, `vhd`, `vhdx`. */
  Format: string;
  /** Of those that have something on them, counted from the root's 1, which it is when absent. */
  Disk?: number;
}

export type DownloadImageResult = unknown;

export interface TransferInputs extends RemoteInputs {
  OfferFile: OfferFileRequest;
  DownloadImage: DownloadImageRequest;
}

export interface TransferOutputs extends RemoteOutputs {
  OfferFile: OfferFileResult;
  DownloadImage: DownloadImageResult;
}
