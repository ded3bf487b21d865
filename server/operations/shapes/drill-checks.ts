/** What was said of when a source is well, as it is answered. */
import type { DrillChecks, DrillLooks } from '../../../api/imago-drill-checks.ts';
import type { DrillChecksRow } from '../../catalog/rows/drill-checks.ts';

export function drillChecksShape({ sourceId, drill, createdAt }: DrillChecksRow): DrillChecks {
  return { SourceId: sourceId, ...(drill as DrillLooks), PutTime: new Date(createdAt) };
}
