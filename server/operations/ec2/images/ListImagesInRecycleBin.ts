import type {
  ImageRecycleBinInfo,
  ListImagesInRecycleBinRequest,
  ListImagesInRecycleBinResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { FormerImageRow } from '../../../catalog/rows/image.ts';
import { viewerKey } from '../../../catalog/rows/row.ts';
import { cutPage, pageOf, readPage } from '../../../domain/pages.ts';
import { type BinViewer, isInBin, recycledImages } from '../../../domain/recycle-bin.ts';
import type { Operation } from '../../operation.ts';

const pageBounds = { min: 1, max: 1000 };
const idsMax = 20;

/** The caller's own. */
export const listImagesInRecycleBin: Operation<
  ListImagesInRecycleBinRequest,
  ListImagesInRecycleBinResult
> = {
  accepts: ['ImageIds', 'MaxResults', 'NextToken'],
  inPages: { list: 'Images', ids: 'ImageIds' },
  async run(input, { catalog, caller, clock }) {
    const { ImageIds: ids = [] } = input;
    if (ids.length > idsMax) {
      throw new ServiceError(
        'InvalidParameterValue',
        `At most ${idsMax} images can be named in one request.`,
      );
    }
    const page = pageOf(input, { ...caller, action: 'ListImagesInRecycleBin' }, pageBounds, ids);
    const viewer: BinViewer = { ...caller, now: clock.now() };
    const recycledOf = viewerKey(caller.region, caller.account);
    const { rows, nextToken } = await catalog.read(async (reader) =>
      ids.length > 0
        ? cutPage(await recycledImages(reader, viewer, ids), page)
        : readPage(reader.formerImages, { recycledOf }, page, (row) => isInBin(viewer, row)),
    );
    return { Images: rows.map(shape), NextToken: nextToken };
  },
};

function shape(row: FormerImageRow): ImageRecycleBinInfo {
  return {
    ImageId: row.id,
    Name: row.name,
    Description: row.description,
    RecycleBinEnterTime: new Date(row.deregisteredAt),
    RecycleBinExitTime: row.recycledUntil === undefined ? undefined : new Date(row.recycledUntil),
  };
}
