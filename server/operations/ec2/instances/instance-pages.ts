/**
 * The caller's instances, by id or all, filtered and in pages: what DescribeInstances and
 * DescribeInstanceStatus share.
 */
import type { CatalogReader, Query } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { RowFilter } from '../../../domain/filters.ts';
import { requiredInstances } from '../../../domain/instances.ts';
import {
  cutPage,
  type PageInput,
  type PageScope,
  pageOf,
  readPage,
  readShownPage,
  usualPageBounds,
} from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Viewer } from '../../../domain/viewer.ts';

type Scope = PageScope & Viewer;

export async function readOwnInstances(
  reader: CatalogReader,
  input: PageInput & { InstanceIds?: string[] },
  scope: Scope,
  filter: RowFilter<InstanceRow>,
): Promise<{ rows: InstanceRow[]; nextToken?: string }> {
  const { InstanceIds: ids = [] } = input;
  const page = pageOf(input, scope, usualPageBounds, ids);
  if (ids.length > 0) {
    const rows = await requiredInstances(reader, scope, ids);
    return cutPage(rows.filter(filter.matches), page);
  }
  return readPage(reader.instances, conditions(scope, filter), page, filter.matches);
}

/** Of all those on the page no more than which they are. */
export async function findOwnInstances(
  reader: CatalogReader,
  input: PageInput,
  scope: Scope,
  filter: RowFilter<InstanceRow>,
): Promise<{ id: string; reservationId: string }[]> {
  const page = pageOf(input, scope, usualPageBounds);
  const where = conditions(scope, filter);
  const { shown } = await readShownPage(reader.instances, where, page, (row) =>
    filter.matches(row) ? { id: row.id, reservationId: row.reservationId } : undefined,
  );
  return shown;
}

function conditions(scope: Scope, filter: RowFilter<InstanceRow>): Query<'instances'>['where'] {
  const { account, region } = scope;
  return {
    account,
    region,
    id: filter.exact('instance-id'),
    group: filter.exact('instance.group-id'),
    image: filter.exact('image-id'),
    reservationId: filter.exact('reservation-id'),
    ...tagCondition(scope, filter),
  };
}
