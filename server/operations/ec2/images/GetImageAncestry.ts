import type {
  GetImageAncestryRequest,
  GetImageAncestryResult,
} from '../../../../api/generated/ec2-types.ts';
import { sourceRegionOf } from '../../../catalog/rows/image.ts';
import { ancestry } from '../../../domain/image-ancestry.ts';
import type { Operation } from '../../operation.ts';

export const getImageAncestry: Operation<GetImageAncestryRequest, GetImageAncestryResult> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller }) {
    const images = await catalog.read((reader) => ancestry(reader, caller, ImageId));
    return {
      ImageAncestryEntries: images.map((image) => ({
        ImageId: image.id,
        CreationDate: new Date(image.createdAt),
        ImageOwnerAlias: image.ownerAlias,
        SourceImageId: image.sourceImageId,
        SourceImageRegion: sourceRegionOf(image),
      })),
    };
  },
};
