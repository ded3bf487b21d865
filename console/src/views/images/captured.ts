/** What a capture cost, as the tags tell that Imago gives to what it captured. */
import type { Image } from './kinds.ts';

export interface Captured {
  /** Absent where the guest was rebooted. */
  pauseMs?: number;
  /** What hooks in the guest took besides; absent where it does not tell. */
  hooksMs?: number;
  captureMs: number;
  storedBytes: number;
  sharedBytes: number;
}

const prefix = 'aws:imago:';

export function capturedOf({ Tags = [] }: Image): Captured | undefined {
  const told = new Map(Tags.map(({ Key, Value }) => [Key, Value]));
  const figure = (name: string) => Number(told.get(prefix + name) ?? 0);
  if (!told.has(`${prefix}capture-ms`)) return undefined;
  return {
    ...(told.has(`${prefix}guest-pause-ms`) && { pauseMs: figure('guest-pause-ms') }),
    ...(told.has(`${prefix}guest-hooks-ms`) && { hooksMs: figure('guest-hooks-ms') }),
    captureMs: figure('capture-ms'),
    storedBytes: figure('bytes-stored'),
    sharedBytes: figure('bytes-shared'),
  };
}
