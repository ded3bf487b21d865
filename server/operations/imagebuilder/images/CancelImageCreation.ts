import type {
  CancelImageCreationRequest,
  CancelImageCreationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { cancelBuild } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';
import { made } from '../../requests/image-builder.ts';

export const cancelImageCreation: Operation<
  CancelImageCreationRequest,
  CancelImageCreationResponse
> = {
  accepts: ['imageBuildVersionArn', 'clientToken'],
  async run(input, context) {
    const { imageBuildVersionArn: arn, clientToken } = input;
    parsedArn(arn, 'imageBuildVersionArn', 'image', 'build');
    await context.catalog.write((transaction) =>
      made(transaction, context, 'CancelImageCreation', input, async () => {
        await cancelBuild(transaction, context.caller, arn);
        return arn;
      }),
    );
    return { requestId: context.requestId, clientToken, imageBuildVersionArn: arn };
  },
};
