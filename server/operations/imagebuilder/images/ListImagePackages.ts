import type {
  ListImagePackagesRequest,
  ListImagePackagesResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import { packagesOf } from '../../../inspection/image-packages.ts';
import type { Operation, OperationContext } from '../../operation.ts';
import { pageOfList } from '../../requests/image-builder.ts';
import { disksOfImage, readably } from '../../requests/image-contents.ts';

/** Read out of the image itself; none while it is not there, or where the build was to tell none. */
export const listImagePackages: Operation<ListImagePackagesRequest, ListImagePackagesResponse> = {
  accepts: ['imageBuildVersionArn', 'maxResults', 'nextToken'],
  async run(input, context) {
    const { catalog, caller, requestId } = context;
    const { imageBuildVersionArn: arn } = input;
    parsedArn(arn, 'imageBuildVersionArn', 'image', 'build');
    const { imageId, enhancedMetadata } = await catalog.read((reader) =>
      requiredByArn(reader, caller, 'image', arn),
    );
    const packages =
      imageId === undefined || !enhancedMetadata ? [] : await packagesIn(context, imageId);
    const action = `ListImagePackages ${arn}`;
    const { shown, nextToken } = pageOfList(packages, input, caller, action);
    return {
      requestId,
      imagePackageList: shown.map(({ name, version }) => ({
        packageName: name,
        packageVersion: version,
      })),
      nextToken,
    };
  },
};

async function packagesIn(context: OperationContext, imageId: string) {
  const disks = await disksOfImage(context, imageId);
  const read = () => packagesOf(context.inspector, disks, { licenses: false });
  return (await readably(imageId, read)).packages;
}
