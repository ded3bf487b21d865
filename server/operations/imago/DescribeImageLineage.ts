import type {
  DescribeImageLineageRequest,
  DescribeImageLineageResult,
  LineageImage,
} from '../../../api/imago-provenance.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { FormerImageRow, ImageRow } from '../../catalog/rows/image.ts';
import { lineageOf, warningsOf } from '../../domain/provenance/lineage.ts';
import type { Operation } from '../operation.ts';

export const describeImageLineage: Operation<
  DescribeImageLineageRequest,
  DescribeImageLineageResult
> = {
  accepts: ['ImageId'],
  async run({ ImageId }, { catalog, caller, clock, storage }) {
    const own = storage.report?.items.filter(({ account }) => account === caller.account) ?? [];
    const exclusive = new Map(own.map(({ id, exclusiveBytes }) => [id, exclusiveBytes]));
    const now = clock.now();
    return catalog.read(async (reader) => {
      const { images, truncated } = await lineageOf(reader, caller, ImageId);
      const inherited = new Map<string, string[]>();
      const Images: LineageImage[] = [];
      for (const image of images) {
        const warnings = warningsOf(image, now);
        const above = inherited.get(image.sourceImageId ?? '') ?? [];
        inherited.set(image.id, [...above, ...warnings.map((each) => `${image.id} ${each}`)]);
        Images.push({
          ...(await shape(reader, image)),
          ExclusiveBytes: exclusive.get(image.id),
          Warnings: warnings,
          InheritedWarnings: above,
        });
      }
      return { Images, Truncated: truncated };
    });
  },
};

async function shape({ imageManifests }: CatalogReader, image: ImageRow | FormerImageRow) {
  const manifest = await imageManifests.get(image.id);
  return {
    ImageId: image.id,
    Name: image.name,
    Region: image.region,
    OwnerId: image.account,
    State: 'deregisteredAt' in image ? 'deregistered' : image.state,
    SourceImageId: image.sourceImageId,
    CreateDate: new Date(image.createdAt),
    VolumeSizeGiB: image.blockDeviceMappings.reduce((sum, { ebs }) => sum + ebs.volumeSizeGiB, 0),
    Sha256: manifest?.digest,
  };
}
