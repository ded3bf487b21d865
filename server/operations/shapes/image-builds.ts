/** What Image Builder answers of images, which are builds, and of how they were made. */
import type {
  GetWorkflowExecutionResponse,
  Image,
  ImageSummary,
  ImageVersion,
  OutputResources,
  WorkflowStepMetadata,
} from '../../../api/generated/imagebuilder-types.ts';
import type {
  ImageBuildRow,
  WorkflowExecution,
  WorkflowStep,
} from '../../catalog/rows/image-build.ts';
import type { FilterValues } from '../requests/image-builder.ts';
import { distributionShape, infrastructureShape } from './build-configurations.ts';
import { recipeShape } from './image-builder.ts';

export const imageFilters = {
  name: (row: ImageBuildRow) => row.recipe.name,
  osVersion: (row: ImageBuildRow) => row.osVersion,
  platform: () => 'Linux',
  type: () => 'AMI',
  version: (row: ImageBuildRow) => row.semanticVersion,
} satisfies FilterValues<ImageBuildRow>;

export function imageVersion(row: ImageBuildRow): ImageVersion {
  return {
    arn: row.id.slice(0, row.id.lastIndexOf('/')),
    name: row.recipe.name,
    type: 'AMI',
    version: row.semanticVersion,
    platform: 'Linux',
    osVersion: row.osVersion,
    owner: row.account,
    dateCreated: row.createdAt,
    buildType: row.buildType,
    imageSource: 'CUSTOM',
  };
}

export function imageSummary(row: ImageBuildRow): ImageSummary {
  return {
    ...imageVersion(row),
    arn: row.id,
    version: `${row.semanticVersion}/${row.build}`,
    state: { status: row.state, reason: row.reason },
    outputResources: outputs(row),
    tags: row.tags,
    deprecationTime: row.deprecatedAt ? new Date(row.deprecatedAt) : undefined,
    lifecycleExecutionId: row.lifecycleExecutionId,
  };
}

export function imageShape(row: ImageBuildRow): Image {
  const { owner: _, ...summary } = imageSummary(row);
  const { account, recipeArn, infrastructureArn, distribution, distributionArn = '' } = row;
  return {
    ...summary,
    enhancedImageMetadataEnabled: row.enhancedMetadata,
    imageRecipe: recipeShape(row.recipe, { id: recipeArn, account }),
    sourcePipelineName: row.pipeline?.name,
    sourcePipelineArn: row.pipeline?.arn,
    infrastructureConfiguration: infrastructureShape(row.infrastructure, { id: infrastructureArn }),
    distributionConfiguration:
      distribution && distributionShape(distribution, { id: distributionArn }),
    imageTestsConfiguration: {
      imageTestsEnabled: row.tests.enabled,
      timeoutMinutes: row.tests.timeoutMinutes,
    },
    imageScanningConfiguration: { imageScanningEnabled: false },
  };
}

function outputs({ amis }: ImageBuildRow): OutputResources {
  return {
    amis: amis.map(({ region, account, imageId, name, description }) => ({
      region,
      image: imageId,
      name,
      description,
      state: { status: 'AVAILABLE' },
      accountId: account,
    })),
  };
}

/** Without what says of which image it is. */
export function workflowShape(
  of: WorkflowExecution,
): Omit<GetWorkflowExecutionResponse, 'requestId' | 'imageBuildVersionArn'> {
  const count = (...statuses: WorkflowStep['status'][]) =>
    of.steps.filter(({ status }) => statuses.includes(status)).length;
  return {
    workflowExecutionId: of.id,
    type: of.type,
    status: of.status,
    message: of.message,
    totalStepCount: of.steps.length,
    totalStepsSucceeded: count('COMPLETED'),
    totalStepsFailed: count('FAILED', 'CANCELLED'),
    totalStepsSkipped: count('SKIPPED'),
    startTime: of.startedAt,
    endTime: of.endedAt,
  };
}

export function stepShape(step: WorkflowStep): WorkflowStepMetadata {
  return {
    stepExecutionId: step.id,
    name: step.name,
    description: step.description,
    action: step.action,
    status: step.status,
    message: step.message,
    inputs: step.inputs,
    outputs: step.outputs,
    startTime: step.startedAt,
    endTime: step.endedAt,
  };
}
