/** What the steps of a capture's task told so far: how long the guest stood, what was stored. */
import type { Task } from '../../api/tasks.ts';

export interface CaptureTold {
  pauseMs?: number;
  isApplication?: boolean;
  storedBytes?: number;
  sharedBytes?: number;
}

/** As the steps `halt`, `pivot` and `upload` of server/tasks/create-image.ts leave it. */
interface Outputs {
  halt?: { restart?: boolean; clean?: boolean } | null;
  pivot?: { pauseMs?: number; consistent?: boolean };
  upload?: { storedBytes?: number; sharedBytes?: number }[];
}

export function captureTold(task: Pick<Task, 'Outputs'> | undefined): CaptureTold {
  const { halt, pivot, upload } = (task?.Outputs ?? {}) as Outputs;
  const sum = (member: 'storedBytes' | 'sharedBytes') =>
    upload?.reduce((total, each) => total + (each[member] ?? 0), 0);
  return {
    // Of a guest that is rebooted a pause says nothing.
    pauseMs: halt?.restart ? undefined : pivot?.pauseMs,
    isApplication: pivot && Boolean(halt?.clean || pivot.consistent),
    storedBytes: sum('storedBytes'),
    sharedBytes: sum('sharedBytes'),
  };
}
