/** What Image Builder answers of pipelines. */
import type { ImagePipeline, Schedule } from '../../../api/generated/imagebuilder-types.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImagePipelineRow, PipelineSchedule } from '../../catalog/rows/image-pipeline.ts';
import { conditionOf } from '../requests/image-pipeline.ts';

/** With how its newest build went, or goes. */
export async function pipelineShape(
  { imageBuilds }: CatalogReader,
  row: ImagePipelineRow,
): Promise<ImagePipeline> {
  const newest = row.lastBuildArn && (await imageBuilds.get(row.lastBuildArn));
  return {
    arn: row.id,
    name: row.name,
    description: row.description,
    platform: 'Linux',
    enhancedImageMetadataEnabled: row.enhancedMetadata,
    imageRecipeArn: row.recipeArn,
    infrastructureConfigurationArn: row.infrastructureArn,
    distributionConfigurationArn: row.distributionArn,
    imageTestsConfiguration: {
      imageTestsEnabled: row.tests.enabled,
      timeoutMinutes: row.tests.timeoutMinutes,
    },
    schedule: row.schedule && scheduleShape(row.schedule),
    status: row.status,
    dateCreated: row.createdAt,
    dateUpdated: row.updatedAt ?? row.createdAt,
    lastRunStatus: newest ? newest.state : undefined,
    dateNextRun: row.nextRunAt,
    tags: row.tags,
    imageScanningConfiguration: { imageScanningEnabled: false },
    imageTags: row.imageTags,
    consecutiveFailures: row.consecutiveFailures,
  };
}

function scheduleShape(schedule: PipelineSchedule): Schedule {
  const { expression, timezone, failureCount } = schedule;
  return {
    scheduleExpression: expression,
    timezone,
    pipelineExecutionStartCondition: conditionOf(schedule),
    autoDisablePolicy: failureCount === undefined ? undefined : { failureCount },
  };
}
