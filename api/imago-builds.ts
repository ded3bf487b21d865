/**
 * The part of Imago's own contract (imago.ts) that is about builds of images from recipes, beside
 * what Image Builder's own actions tell of them.
 */
import type { ServiceModel } from './model.ts';

export const buildShapes = {
  TailBuildLogRequest: {
    members: { ImageBuildVersionArn: 'string' },
    required: ['ImageBuildVersionArn'],
  },
} as const satisfies ServiceModel['shapes'];

export const buildOperations = {
  TailBuildLog: {
    input: 'TailBuildLogRequest',
    http: { input: { ImageBuildVersionArn: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const buildRoutes = {
  TailBuildLog: 'GET /imago/image-builds/{ImageBuildVersionArn}/log',
} as const;

/**
 * By a WebSocket, from the server alone, one JSON object a line (`BuildLogLine`): what the build has
 * told so far, and then each line as it comes, until the build is over.
 */
export interface TailBuildLogRequest {
  ImageBuildVersionArn: string;
}

/** Without members: nothing has come, and the connection is alive. */
export interface BuildLogLine {
  text?: string;
  /** There is nothing more for now. */
  upToDate?: true;
}

export interface BuildInputs {
  TailBuildLog: TailBuildLogRequest;
}

export interface BuildOutputs {
  TailBuildLog: unknown;
}
