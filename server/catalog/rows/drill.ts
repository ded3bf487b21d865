/**
 * A drill: a backup is booted without a cable to anybody, looked into, and taken away again. Its
 * verdict is about the backup; one that could not be carried out has none.
 *
 *   running -> passed, failed      there is a verdict
 *          \-> stopped, error      its owner ended it; it could not be done, whatever the backup is
 */
import { placeAt } from './backup.ts';
import type { OwnedRow } from './row.ts';

export interface DrillRow extends OwnedRow {
  /** What is tried: one of both. */
  imageId?: string;
  snapshotId?: string;
  /**
   * Of what that is a backup, where it is the owner's own; absent: of nothing, or it was ordered
   * before this was kept.
   */
  sourceId?: string;
  /** Does it. */
  taskId: string;
  state: 'running' | 'passed' | 'failed' | 'stopped' | 'error';
  /** Why it did not pass. */
  reason?: string;
  /** What a customer said of a test that Imago found nothing against. */
  customer?: { verdict: 'passed' | 'failed'; reason?: string };
  plan: DrillPlan;
  /** The restore job whose test it is. */
  restoreJobId?: string;
  /** The machine that it boots, as long as there is one. */
  instanceId?: string;
  /**
   * When the machine ran, its guest was ready to be looked into, its SSH server answered (where it
   * has one), and all checks were done.
   */
  runningAt?: string;
  readyAt?: string;
  sshAt?: string;
  checkedAt?: string;
  endedAt?: string;
  /** What is looked at beside the checks of the plan: of a disk that is not booted. */
  looks?: number;
  /** Ways by which an alert of it has not arrived. */
  untold?: string[];
  /** In the order of the plan, as far as it has come. */
  results: DrillCheckResult[];
}

export interface DrillPlan {
  /** Absent: a small one for which there is room. */
  instanceType?: string;
  /** The guest is ready when its console has said this; absent: when its agent or SSH answers. */
  consoleText?: string;
  /** Absent: 900. */
  bootTimeoutSeconds?: number;
  checks: DrillCheck[];
  /** Files of which the guest has to say what the image's disks have; absent: none. */
  compare?: string[];
}

export type DrillCheck = Look & {
  name: string;
  /** What the command of it may take. */
  timeoutSeconds: number;
  /** It is tried again for so long, as services start when they like; 0: once. */
  withinSeconds: number;
  /** Of the command of it; what is absent is not asked for, but that it ends with 0. */
  exitCode?: number;
  /** Its file system was in use: what its journal makes of it may differ from what was read. */
  inUse?: true;
  /** Its output without the white space around it. */
  equals?: string;
  contains?: string;
};

type Look =
  | { kind: 'command'; command: string }
  /** That it is there, with this content where a digest is given. */
  | { kind: 'file'; path: string; sha256?: string }
  | { kind: 'service'; service: string }
  /** Somebody listens to it inside, by TCP. */
  | { kind: 'port'; port: number }
  | { kind: 'query'; client: 'psql' | 'mysql'; query: string; database?: string; user?: string };

export interface DrillCheckResult {
  name: string;
  /** Of a disk that is not booted, besides: all of its blocks, one of its file systems. */
  kind: DrillCheck['kind'] | 'blocks' | 'file-system';
  passed: boolean;
  /** Why it did not pass. */
  reason?: string;
  exitCode?: number;
  /** Both of its streams, the last of it. */
  output: string;
  milliseconds: number;
}

/** The image, or the snapshot. */
export function triedBy({ imageId, snapshotId }: Pick<DrillRow, 'imageId' | 'snapshotId'>): string {
  return imageId ?? snapshotId ?? '';
}

/** In place of a source, for those of all. */
export const allDrills = 'all';

/** The newest first: among all of its owner, and of what is tried, of its source and of its job. */
export function drillPlaces(row: DrillRow): string[] {
  const { imageId, snapshotId, sourceId, restoreJobId, createdAt } = row;
  const of = [allDrills, imageId, snapshotId, sourceId, restoreJobId];
  const known = of.filter((id) => id !== undefined);
  return known.map((id) => placeAt(row, id, new Date(createdAt)));
}
