import type {
  GetImageRequest,
  GetImageResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { latestReferences } from '../../../domain/imagebuilder/arns.ts';
import { newestBuild } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';
import { imageShape } from '../../shapes/image-builds.ts';

/** By the ARN of a version, its newest build; wildcards, the newest of all that match. */
export const getImage: Operation<GetImageRequest, GetImageResponse> = {
  accepts: ['imageBuildVersionArn'],
  async run({ imageBuildVersionArn: arn }, { catalog, caller, requestId }) {
    const row = await catalog.read((reader) => newestBuild(reader, caller, arn));
    return {
      requestId,
      image: imageShape(row),
      latestVersionReferences: latestReferences(row, 'image', row.slug, row.semanticVersion),
    };
  },
};
