/** The caller's instances, by id or all, filtered and in pages: what DescribeInstances and DescribeInstanceStatus share. */
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { RowFilter } from '../../../domain/filters.ts';
import { requiredInstances } from '../../../domain/instances.ts';
import {
  cutPage,
  type PageInput,
  type PageScope,
  pageOf,
  readPage,
  usualPageBounds,
} from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';

export async function readOwnInstances(
  reader: CatalogReader,
  input: PageInput & { InstanceIds?: string[] },
  scope: PageScope,
  filter: RowFilter<InstanceRow>,
): Promise<{ rows: InstanceRow[]; nextToken?: string }> {
  const { InstanceIds: ids = [] } = input;
  const { account, region } = scope;
  const page = pageOf(input, scope, usualPageBounds, ids);
  if (ids.length > 0) {
    const rows = await requiredInstances(reader, scope, ids);
    return cutPage(rows.filter(filter.matches), page);
  }
  const where = {
    account,
    region,
    id: filter.exact('instance-id'),
    group: filter.exact('instance.group-id'),
    image: filter.exact('image-id'),
    reservationId: filter.exact('reservation-id'),
    ...tagCondition(scope, filter),
  };
  return readPage(reader.instances, where, page, filter.matches);
}
