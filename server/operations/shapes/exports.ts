/** Exports to disk files as EC2 shows them. */
import type { ExportImageTask, ExportTask } from '../../../api/generated/ec2-types.ts';
import type {
  ExportImageTaskRow,
  ExportInstanceTaskRow,
  ExportTaskRow,
} from '../../catalog/rows/export-task.ts';
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

export function exportTaskShape(row: ExportInstanceTaskRow): ExportTask {
  return {
    ExportTaskId: row.id,
    Description: row.description,
    ExportToS3Task: {
      ContainerFormat: row.container,
      DiskImageFormat: row.format,
      S3Bucket: row.folder,
      S3Key: row.key,
    },
    InstanceExportDetails: {
      InstanceId: row.instanceId,
      TargetEnvironment: row.targetEnvironment,
    },
    State: states[row.state],
    StatusMessage: row.statusMessage,
    Tags: tagList(row.tags),
  };
}

/** In this action's own words. */
const states = {
  active: 'active',
  completed: 'completed',
  deleting: 'cancelling',
  deleted: 'cancelled',
} as const;
