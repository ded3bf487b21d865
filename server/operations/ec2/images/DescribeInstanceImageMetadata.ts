import type {
  DescribeInstanceImageMetadataRequest,
  DescribeInstanceImageMetadataResult,
  ImageMetadata,
  InstanceImageMetadata,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { FormerImageRow, ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { type AllowedImages, readAllowedImages } from '../../../domain/allowed-images.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { imageOrFormer } from '../../../domain/former-images.ts';
import { requiredInstances } from '../../../domain/instances.ts';
import { pageOf, pageOfStream, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { watermarkShape } from '../../shapes/images.ts';
import { stateShape } from '../../shapes/instances.ts';
import { tagList } from '../../shapes/tags.ts';

interface InstanceOfImage {
  /** The instance's. */
  id: string;
  instance: InstanceRow;
  /** Whatever became of it since; nothing when that is not on record. */
  image?: ImageRow | FormerImageRow;
}

function filtersOf({ isAllowed }: AllowedImages): FilterTable<InstanceOfImage> {
  return {
    values: {
      'availability-zone': ({ instance }) => zoneOf(instance),
      'image-allowed': ({ image }) => image && isAllowed(image)?.toString(),
      'instance-id': ({ id }) => id,
      'instance-state-name': ({ instance }) => instance.state,
      'instance-type': ({ instance }) => instance.instanceType,
      'launch-time': ({ instance }) => instance.launchedAt,
      'owner-alias': ({ image }) => image?.ownerAlias,
      'owner-id': ({ image }) => image?.account,
      'zone-id': ({ instance }) => zoneIdOf(zoneOf(instance)),
    },
    tags: ({ instance }) => instance.tags,
  };
}

/** Also of images that the caller does not see: it has launched from them. */
export const describeInstanceImageMetadata: Operation<
  DescribeInstanceImageMetadataRequest,
  DescribeInstanceImageMetadataResult
> = {
  accepts: ['InstanceIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'InstanceImageMetadata', ids: 'InstanceIds' },
  async run(input, { catalog, caller, clock }) {
    const { InstanceIds: ids = [] } = input;
    const scope = { ...caller, action: 'DescribeInstanceImageMetadata' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const { shown, nextToken } = await catalog.read(async (reader) => {
      const allowed = await readAllowedImages(reader, caller, clock.now());
      const filter = rowFilter(input.Filters, filtersOf(allowed));
      const { account, region } = caller;
      const where = {
        account,
        region,
        id: filter.exact('instance-id'),
        ...tagCondition(caller, filter),
      };
      const instances =
        ids.length > 0
          ? await requiredInstances(reader, caller, ids)
          : reader.instances.scan({ where, after: page.after });
      return pageOfStream(withImages(reader, instances), page, (row) =>
        filter.matches(row) ? shapeOf(row, allowed) : undefined,
      );
    });
    return { InstanceImageMetadata: shown, NextToken: nextToken };
  },
};

/** Many instances are of few images: each is looked up once. */
async function* withImages(
  reader: CatalogReader,
  instances: Iterable<InstanceRow> | AsyncIterable<InstanceRow>,
): AsyncGenerator<InstanceOfImage> {
  const images = new Map<string, InstanceOfImage['image']>();
  for await (const instance of instances) {
    const { id, imageId } = instance;
    if (!images.has(imageId)) images.set(imageId, await imageOrFormer(reader, imageId));
    yield { id, instance, image: images.get(imageId) };
  }
}

function shapeOf(
  { instance, image }: InstanceOfImage,
  allowed: AllowedImages,
): InstanceImageMetadata {
  return {
    InstanceId: instance.id,
    InstanceType: instance.instanceType,
    LaunchTime: new Date(instance.launchedAt),
    AvailabilityZone: zoneOf(instance),
    ZoneId: zoneIdOf(zoneOf(instance)),
    State: stateShape(instance.state),
    OwnerId: instance.account,
    Tags: tagList(instance.tags),
    ImageMetadata: { ImageId: instance.imageId, ...(image && metadataOf(image, allowed)) },
  };
}

function metadataOf(image: ImageRow | FormerImageRow, { isAllowed }: AllowedImages): ImageMetadata {
  return {
    Name: image.name,
    OwnerId: image.account,
    State: 'deregisteredAt' in image ? 'deregistered' : image.state,
    ImageOwnerAlias: image.ownerAlias,
    CreationDate: image.createdAt,
    DeprecationTime: image.deprecationTime,
    ImageAllowed: isAllowed(image),
    ImageWatermarks: image.watermarks?.map(watermarkShape),
    IsPublic: image.launchPermissions.includes('all'),
  };
}
