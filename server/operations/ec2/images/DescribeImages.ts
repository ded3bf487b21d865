import type {
  DescribeImagesRequest,
  DescribeImagesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Query } from '../../../catalog/catalog.ts';
import { type ImageRow, usualImageState } from '../../../catalog/rows/image.ts';
import { readAllowedImages } from '../../../domain/allowed-images.ts';
import { type RowFilter, rowFilter } from '../../../domain/filters.ts';
import { executableBy } from '../../../domain/image-permissions.ts';
import { isDeprecated } from '../../../domain/image-states.ts';
import { listedImages, seesImage } from '../../../domain/images.ts';
import { askedOwners } from '../../../domain/owners.ts';
import { cutPage, pageOf, readShownPage, usualPageBounds } from '../../../domain/pages.ts';
import { ownedBy, type SeenRows, visibleRows, whereSeen } from '../../../domain/seen-rows.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Viewer } from '../../../domain/viewer.ts';
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
      const owners = await askedOwners(reader, caller, input.Owners, filter);
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
      const seen = executable?.rows ?? visibleRows(caller, filter.exact('is-public'));
      const where = conditions(caller, filter, ownedBy(seen, owners));
      const show = (row: ImageRow) => (isListed(row) ? shape(row) : undefined);
      return readShownPage(reader.images, where, page, show);
    });
    return { Images: shown, NextToken: nextToken };
  },
};

function conditions(
  caller: Viewer,
  filter: RowFilter<ImageRow>,
  asked: SeenRows,
): Query<'images'>['where'] {
  const states = filter.exact('state');
  return {
    id: filter.exact('image-id'),
    snapshot: filter.exact('block-device-mapping.snapshot-id'),
    ...whereSeen(caller, asked, {
      names: filter.condition('name'),
      states: states?.includes(usualImageState) ? undefined : states,
      tags: tagCondition(caller, filter),
    }),
  };
}

/** Tags are the owner's: others neither see them nor find by them. */
function ownTags(row: ImageRow, { account }: Viewer): ImageRow {
  return row.account === account ? row : { ...row, tags: {} };
}
