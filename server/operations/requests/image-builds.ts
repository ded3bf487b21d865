/** What requests say of builds, their own and those of pipelines. */
import type { ImageTestsConfiguration } from '../../../api/generated/imagebuilder-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { ImageTests } from '../../catalog/rows/image-pipeline.ts';
import { invalidParameter, parsedArn } from '../../domain/imagebuilder/arns.ts';

/** As documented; the service ignores the time itself. */
const testMinutes = { min: 60, max: 1440, usual: 720 };

export function testsOf(asked: ImageTestsConfiguration = {}): ImageTests {
  const { imageTestsEnabled: enabled = true, timeoutMinutes = testMinutes.usual } = asked;
  if (timeoutMinutes >= testMinutes.min && timeoutMinutes <= testMinutes.max) {
    return { enabled, timeoutMinutes };
  }
  const { min, max } = testMinutes;
  throw invalidParameter('timeoutMinutes', `${timeoutMinutes}`, `must be from ${min} to ${max}`);
}

/** Recipe and configurations that a request names. */
export function buildArns(input: {
  imageRecipeArn?: string;
  infrastructureConfigurationArn: string;
  distributionConfigurationArn?: string;
}) {
  const { imageRecipeArn: recipe, distributionConfigurationArn: distribution } = input;
  const { infrastructureConfigurationArn: infrastructure } = input;
  if (recipe === undefined) {
    throw new ServiceError('InvalidRequestException', 'The request must name an image recipe.');
  }
  parsedArn(recipe, 'imageRecipeArn', 'image-recipe', 'version');
  parsedArn(
    infrastructure,
    'infrastructureConfigurationArn',
    'infrastructure-configuration',
    'none',
  );
  if (distribution !== undefined) {
    parsedArn(distribution, 'distributionConfigurationArn', 'distribution-configuration', 'none');
  }
  return {
    recipeArn: recipe,
    infrastructureArn: infrastructure,
    distributionArn: distribution,
  };
}
