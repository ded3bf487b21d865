/** What drills of all backups of a source look at. */
import type { OwnedRow } from './row.ts';

export interface DrillChecksRow extends OwnedRow {
  // The id is `account/source`: a copy in another region is a backup of the same machine.
  sourceId: string;
  /** As PutDrillChecks was given it. */
  drill: {
    InstanceType?: string;
    ConsoleText?: string;
    BootTimeoutSeconds?: number;
    Checks?: Record<string, string | number | undefined>[];
    Compare?: string[];
  };
}
