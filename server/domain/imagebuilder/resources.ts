/** Whatever an ARN of Image Builder names, where only its tags matter. */
import type { CatalogReader, CatalogTransaction, Table } from '../../catalog/catalog.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import type { Owner } from '../viewer.ts';
import { type BuilderKind, builderTables, invalidParameter, requiredByArn } from './arns.ts';

const kindPattern = /^arn:aws[^:]*:imagebuilder:[^:]+:(?:[0-9]{12}|aws):([a-z-]+)\/[a-z0-9_-]+/;

function kindOf(arn: string): BuilderKind {
  const [, kind = ''] = kindPattern.exec(arn) ?? [];
  if (Object.hasOwn(builderTables, kind)) return kind as BuilderKind;
  throw invalidParameter('resourceArn', arn, 'is no ARN of a resource with tags');
}

export async function tagsOf(reader: CatalogReader, owner: Owner, arn: string): Promise<Tags> {
  return (await requiredByArn(reader, owner, kindOf(arn), arn)).tags;
}

export async function changeTagsOf(
  transaction: CatalogTransaction,
  owner: Owner,
  arn: string,
  change: (tags: Tags) => Tags,
): Promise<void> {
  const kind = kindOf(arn);
  const row = await requiredByArn(transaction, owner, kind, arn);
  // The row came from this very table.
  const table = transaction[builderTables[kind]] as unknown as Table<'components'>;
  await table.update({ ...row, tags: change(row.tags) } as never);
}
