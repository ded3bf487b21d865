/**
 * Tags of what Systems Manager has here, which its actions on tags name alike: parameters and
 * documents.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import { documentRowId } from '../catalog/rows/document.ts';
import { parameterRowId } from '../catalog/rows/parameter.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { Owner } from './viewer.ts';

export interface SsmResource {
  ResourceType: string;
  ResourceId: string;
}

/** What another account or region has does not exist. */
export async function ssmTags(
  reader: CatalogReader,
  owner: Owner,
  named: SsmResource,
): Promise<Tags> {
  const id = rowId(owner, named);
  const { parameters, documents } = reader;
  const row = await (named.ResourceType === 'Document' ? documents.get(id) : parameters.get(id));
  if (row) return row.tags;
  throw new ServiceError('InvalidResourceId', `The resource ID ${named.ResourceId} is not valid.`);
}

export async function changeSsmTags(
  transaction: CatalogTransaction,
  owner: Owner,
  named: SsmResource,
  change: (before: Tags) => Tags,
): Promise<void> {
  const tags = change(await ssmTags(transaction, owner, named));
  const id = rowId(owner, named);
  if (named.ResourceType === 'Document') {
    const row = await transaction.documents.get(id);
    if (row) await transaction.documents.update({ ...row, tags });
    return;
  }
  const row = await transaction.parameters.get(id);
  if (row) await transaction.parameters.update({ ...row, tags });
}

function rowId(owner: Owner, { ResourceType: type, ResourceId }: SsmResource): string {
  const name = ResourceId.trim();
  if (type === 'Parameter') return parameterRowId(owner, name);
  if (type === 'Document') return documentRowId(owner, name);
  const message = `What has tags here is of the type Parameter or Document, not '${type}'.`;
  throw new ServiceError('InvalidResourceType', message);
}
