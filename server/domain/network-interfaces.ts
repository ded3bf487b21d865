/**
 * Network interfaces by their ids. Each is an instance's only one, made and ended with it, so that
 * there are no rows of their own: what is found is the instance.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { isOwn, type Owner } from './viewer.ts';

/** The instances that have these, in the order of instances; a terminated one has given it back. */
export async function requiredInterfaces(
  reader: CatalogReader,
  owner: Owner,
  ids: readonly string[],
): Promise<InstanceRow[]> {
  const wrong = ids.find((id) => !/^eni-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (wrong !== undefined) {
    throw new ServiceError(
      'InvalidNetworkInterfaceId.Malformed',
      `Invalid id: "${wrong}" (expecting "eni-...")`,
    );
  }
  const found = await reader.instances.list({ where: { networkInterface: ids } });
  const rows = found.filter((row) => isOwn(owner, row) && row.state !== 'terminated');
  const missing = ids.find((id) => !rows.some((row) => row.networkInterfaceId === id));
  if (missing === undefined) return rows;
  throw new ServiceError(
    'InvalidNetworkInterfaceID.NotFound',
    `The networkInterface ID '${missing}' does not exist`,
  );
}

export async function requiredInterface(
  reader: CatalogReader,
  owner: Owner,
  id: string,
): Promise<InstanceRow> {
  const [row] = await requiredInterfaces(reader, owner, [id]);
  return row as InstanceRow;
}
