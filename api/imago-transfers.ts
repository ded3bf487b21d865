/**
 * The part of Imago's own contract (imago.ts) that is about disk files of clients: how one offers
 * its file to an import (offered-file.ts), and how one gets the disk of an image as a file
 * (image-file.ts).
 */
import type { ServiceModel } from './model.ts';

export const transferShapes = {
  OfferFileRequest: {
    members: { ImportTaskId: 'string', Url: 'string' },
    required: ['ImportTaskId', 'Url'],
  },
} as const satisfies ServiceModel['shapes'];

export const transferOperations = {
  OfferFile: {
    input: 'OfferFileRequest',
    http: { input: { ImportTaskId: 'label', Url: 'query url' } },
  },
} as const satisfies ServiceModel['operations'];

export const transferRoutes = {
  OfferFile: 'GET /imago/imports/{ImportTaskId}/file',
} as const;

/** By a WebSocket: the bytes that offered-file.ts describes. */
export interface OfferFileRequest {
  ImportTaskId: string;
  /** As the import names it: `client://…`. */
  Url: string;
}

export type OfferFileResult = unknown;

export interface TransferInputs {
  OfferFile: OfferFileRequest;
}

export interface TransferOutputs {
  OfferFile: OfferFileResult;
}
