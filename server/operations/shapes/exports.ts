/** Exports to disk files as EC2 shows them. */
import type { ExportImageTask } from '../../../api/generated/ec2-types.ts';
import type { ExportImageTaskRow, ExportTaskRow } from '../../catalog/rows/export-task.ts';
import { tagList } from './tags.ts';

export function exportImageTaskShape(row: ExportImageTaskRow): ExportImageTask {
  return {
    ExportImageTaskId: row.id,
    Description: row.description,
    ImageId: row.imageId,
    Progress: exportProgress(row),
    S3ExportLocation: exportLocation(row),
    Status: row.state,
    StatusMessage: row.statusMessage,
    Tags: tagList(row.tags),
  };
}

/** Of what is under way. */
export function exportProgress({ state, progressPercent }: ExportTaskRow): string | undefined {
  return state === 'active' ? String(progressPercent) : undefined;
}

export function exportLocation({ folder, prefix }: ExportTaskRow) {
  return { S3Bucket: folder, S3Prefix: prefix === '' ? undefined : prefix };
}
