/**
 * The part of Imago's own contract (imago.ts) that tells of changes: by a WebSocket, one JSON
 * object a line, from the server alone. A client that was away for a moment may have missed some.
 */
import type { ServiceModel } from './model.ts';

export const changeShapes = {
  WatchChangesRequest: { members: {} },
} as const satisfies ServiceModel['shapes'];

export const changeOperations = {
  WatchChanges: { input: 'WatchChangesRequest' },
} as const satisfies ServiceModel['operations'];

export const changeRoutes = { WatchChanges: 'GET /imago/changes' } as const;

/**
 * A line: what was made, changed or deleted, of what the caller sees in its region. Without
 * members: nothing has changed, and the connection is alive. Of a kind `*`: anything may have
 * changed, more than is worth telling.
 */
export interface ChangeLine {
  /** Such as `instances`; of collections of garbage, which are no rows, operators hear as well. */
  table?: string;
  id?: string;
}

export interface ChangeInputs {
  WatchChanges: Record<string, never>;
}

export interface ChangeOutputs {
  WatchChanges: unknown;
}
