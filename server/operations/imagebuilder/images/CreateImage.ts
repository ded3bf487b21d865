import type {
  CreateImageRequest,
  CreateImageResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { latestReferences, parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { orderImage } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';
import { builderTags, made } from '../../requests/image-builder.ts';
import { buildArns, testsOf } from '../../requests/image-builds.ts';

export const createImage: Operation<CreateImageRequest, CreateImageResponse> = {
  accepts: [
    'imageRecipeArn',
    'distributionConfigurationArn',
    'infrastructureConfigurationArn',
    'imageTestsConfiguration',
    'enhancedImageMetadataEnabled',
    'tags',
    'clientToken',
  ],
  fixed: { 'imageScanningConfiguration.imageScanningEnabled': false },
  async run(input, context) {
    const { caller, host, site, requestId } = context;
    const order = {
      ...buildArns(input),
      tests: testsOf(input.imageTestsConfiguration),
      enhancedMetadata: input.enhancedImageMetadataEnabled ?? true,
      buildType: 'USER_INITIATED' as const,
      tags: builderTags(input.tags),
    };
    checkDiskRoom(await host.measure(), caller.region);
    const place = { ...context, hostId: site.hostId };
    const arn = await context.catalog.write((transaction) =>
      made(transaction, context, 'CreateImage', input, async () => {
        return (await orderImage(transaction, caller, order, place)).id;
      }),
    );
    const { slug, version } = parsedArn(arn, 'imageBuildVersionArn', 'image', 'build');
    return {
      requestId,
      clientToken: input.clientToken,
      imageBuildVersionArn: arn,
      latestVersionReferences: latestReferences(caller, 'image', slug, version),
    };
  },
};
