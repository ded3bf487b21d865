/** What a request says of an image recipe. */
import type {
  CreateImageRecipeRequest,
  InstanceBlockDeviceMapping,
} from '../../../api/generated/imagebuilder-types.ts';
import type { ImageRecipe, RecipeDevice } from '../../catalog/rows/image-recipe.ts';
import { checkedName, invalidParameter, slugOf } from '../../domain/imagebuilder/arns.ts';
import { checkedVersion } from '../../domain/imagebuilder/versions.ts';
import { builderTags, builderText } from './image-builder.ts';

/** As documented, in base64. */
const userDataMaxChars = 21_847;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function recipeOf(input: CreateImageRecipeRequest): ImageRecipe {
  const { components = [], blockDeviceMappings = [], workingDirectory } = input;
  const { userDataOverride: userData, systemsManagerAgent } =
    input.additionalInstanceConfiguration ?? {};
  const name = checkedName(input.name);
  return {
    name,
    slug: slugOf(name),
    semanticVersion: checkedVersion(input.semanticVersion),
    description: builderText(input.description, 'description'),
    components: components.map(({ componentArn: arn, parameters = [] }) => ({
      arn,
      parameters: Object.fromEntries(parameters.map((each) => [each.name, each.value])),
    })),
    parentImage: input.parentImage,
    blockDeviceMappings: blockDeviceMappings.map(deviceOf),
    workingDirectory: checkedDirectory(workingDirectory),
    userData: checkedUserData(userData),
    uninstallAgent: systemsManagerAgent?.uninstallAfterBuild,
    amiTags: builderTags(input.amiTags),
  };
}

function deviceOf({ deviceName = '', noDevice, ebs }: InstanceBlockDeviceMapping): RecipeDevice {
  if (noDevice !== undefined) {
    if (ebs) throw invalidParameter('noDevice', deviceName, 'cannot have ebs beside it');
    if (noDevice !== '') throw invalidParameter('noDevice', noDevice, 'must be empty');
    return { deviceName, noDevice: true };
  }
  const { volumeSize: volumeSizeGiB, throughput: throughputMiBps, ...rest } = ebs ?? {};
  return { deviceName, noDevice: false, ...rest, volumeSizeGiB, throughputMiBps };
}

function checkedDirectory(text: string | undefined): string | undefined {
  if (text === undefined || text.startsWith('/')) return builderText(text, 'workingDirectory');
  throw invalidParameter('workingDirectory', text, 'must be an absolute path');
}

function checkedUserData(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text !== '' && text.length <= userDataMaxChars && base64Pattern.test(text)) return text;
  throw invalidParameter(
    'userDataOverride',
    text.slice(0, 80),
    `must be base64 of at most ${userDataMaxChars} characters`,
  );
}
