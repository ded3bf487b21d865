/** What requests say of pipelines; each change says all of it anew, but for its name. */
import type {
  Schedule,
  UpdateImagePipelineRequest,
} from '../../../api/generated/imagebuilder-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { ImagePipelineRow, PipelineSchedule } from '../../catalog/rows/image-pipeline.ts';
import { checkedName, invalidParameter, slugOf } from '../../domain/imagebuilder/arns.ts';
import { checkSchedule, checkTimezone, type Timing } from '../../domain/schedules.ts';
import { builderTags, builderText } from './image-builder.ts';
import { buildArns, testsOf } from './image-builds.ts';

const onlyExpression = 'EXPRESSION_MATCH_ONLY';
const ifUpdated = 'EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE';
const failureCounts = { min: 1, max: 10 };

type Said = Omit<
  ImagePipelineRow,
  'id' | 'account' | 'region' | 'createdAt' | 'consecutiveFailures' | 'tags'
>;

export function pipelineOf(
  input: Omit<UpdateImagePipelineRequest, 'imagePipelineArn'>,
  name: string,
  now: Date,
): Said {
  const { status = 'ENABLED', schedule } = input;
  if (status !== 'ENABLED' && status !== 'DISABLED') {
    throw invalidParameter('status', status, 'is neither ENABLED nor DISABLED');
  }
  return {
    name: checkedName(name),
    slug: slugOf(name),
    description: builderText(input.description, 'description'),
    ...buildArns(input),
    tests: testsOf(input.imageTestsConfiguration),
    enhancedMetadata: input.enhancedImageMetadataEnabled ?? true,
    schedule: schedule && scheduleOf(schedule, now),
    status,
    imageTags: builderTags(input.imageTags),
  };
}

function scheduleOf(asked: Schedule, now: Date): PipelineSchedule {
  const { scheduleExpression: expression = '', timezone } = asked;
  const { failureCount } = asked.autoDisablePolicy ?? {};
  const { pipelineExecutionStartCondition: condition = ifUpdated } = asked;
  if (condition !== onlyExpression && condition !== ifUpdated) {
    throw invalidParameter('pipelineExecutionStartCondition', condition, 'is no such condition');
  }
  checkTiming({ expression, timezone }, now);
  const { min, max } = failureCounts;
  if (failureCount !== undefined && (failureCount < min || failureCount > max)) {
    throw invalidParameter('failureCount', `${failureCount}`, `must be from ${min} to ${max}`);
  }
  return {
    expression,
    timezone,
    ifDependenciesChanged: condition === ifUpdated,
    failureCount,
  };
}

export function conditionOf({ ifDependenciesChanged }: PipelineSchedule): string {
  return ifDependenciesChanged ? ifUpdated : onlyExpression;
}

/** The rules of all schedules, in this service's errors. */
function checkTiming(timing: Timing, now: Date): void {
  try {
    if (timing.timezone !== undefined) checkTimezone(timing.timezone);
    checkSchedule(timing, now);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError('InvalidParameterValueException', error.message);
  }
}
