import type {
  DescribeImagesRequest,
  DescribeImagesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Query } from '../../../catalog/catalog.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { readAllowedImages } from '../../../domain/allowed-images.ts';
import { type RowFilter, rowFilter } from '../../../domain/filters.ts';
import { executableBy } from '../../../domain/image-permissions.ts';
import { isDeprecated } from '../../../domain/image-states.ts';
import { listedImages, seesImage } from '../../../domain/images.ts';
import { ownerAccounts } from '../../../domain/owners.ts';
import { cutPage, pageOf, readShownPage, usualPageBounds } from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import { type Viewer, visibleTo } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { imageShape } from '../../shapes/images.ts';
import { imageFilters } from './image-filters.ts';

export const describeImages: Operation<DescribeImagesRequest, DescribeImagesResult> = {
  accepts: [
    'ImageIds',
    'Owners',
    'ExecutableUsers',
    'Filters',
    'MaxResults',
    'NextToken',
    'IncludeDeprecated',
    'IncludeDisabled',
  ],
  inPages: { list: 'Images', ids: 'ImageIds' },
  async run(input, { catalog, caller, clock }) {
    const { ImageIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeImages' }, usualPageBounds, ids);
    const { ExecutableUsers: users, IncludeDeprecated, IncludeDisabled } = input;
    const executable = users?.length ? executableBy(users, caller) : undefined;
    const now = clock.now();
    const { shown, nextToken } = await catalog.read(async (reader) => {
      const allowed = await readAllowedImages(reader, caller, now);
      const filter = rowFilter(input.Filters, imageFilters(allowed));
      const shape = (row: ImageRow) => imageShape(row, caller, allowed);
      const owners = await ownerAccounts(reader, caller, input.Owners);
      if (owners?.size === 0) return { shown: [] };
      const matches = (row: ImageRow) =>
        seesImage(caller, row) &&
        (owners?.has(row.account) ?? true) &&
        (executable?.matches(row) ?? true) &&
        filter.matches(ownTags(row, caller)) &&
        (IncludeDisabled || row.state !== 'disabled') &&
        (!allowed.enforced || allowed.isAllowed(row));
      // Who names a deprecated image knows it.
      const isListed = (row: ImageRow) =>
        matches(row) &&
        (IncludeDeprecated || row.account === caller.account || !isDeprecated(row, now));
      if (ids.length > 0) {
        const named = await listedImages(reader, caller, ids, now);
        const { rows, nextToken } = cutPage(named.filter(matches), page);
        return { shown: rows.map(shape), nextToken };
      }
      // What `matches` asks besides would only hold everybody up while the database looks for a
      // row.
      const [owner] = owners?.size === 1 ? owners : [];
      const viewers = executable?.viewers ?? visibleTo(caller);
      const viewer = isSelective(filter) ? undefined : viewers;
      const where: Query<'images'>['where'] = {
        ...(owner ? { account: owner, region: caller.region } : { viewer }),
        id: filter.exact('image-id'),
        name: filter.condition('name'),
        snapshot: filter.exact('block-device-mapping.snapshot-id'),
        ...tagCondition(caller, filter),
      };
      const show = (row: ImageRow) => (isListed(row) ? shape(row) : undefined);
      return readShownPage(reader.images, where, page, show);
    });
    return { Images: shown, NextToken: nextToken };
  },
};

/** Few images have such a value: those are read, and which of them are seen is asked of the rows. */
function isSelective({ exact }: RowFilter<ImageRow>): boolean {
  const names = ['name', 'image-id', 'block-device-mapping.snapshot-id'];
  return names.some((name) => exact(name) !== undefined);
}

/** Tags are the owner's: others neither see them nor find by them. */
function ownTags(row: ImageRow, { account }: Viewer): ImageRow {
  return row.account === account ? row : { ...row, tags: {} };
}
