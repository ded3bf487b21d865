/**
 * Documents of Systems Manager: what requests name, new versions, and removal. All are of the type
 * Command (components/command-document.ts) and of their account alone; what runs them is
 * tasks/backup-scripts.ts.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import {
  type DocumentContent,
  type DocumentRow,
  documentRowId,
  documentVersionRowId,
} from '../catalog/rows/document.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { type CommandDocument, readCommandDocument } from '../components/command-document.ts';
import { DocumentError, documentMaxBytes } from '../components/yaml-tree.ts';
import type { Owner } from './viewer.ts';

/** AWS's: of an account in a region, and of a document. */
const documentsMax = 500;
const versionsMax = 1000;
const namePattern = /^[a-zA-Z0-9_\-.]{3,128}$/;
const reservedPattern = /^(aws|amazon|amzn)/i;
const arnPattern = /^arn:aws:ssm:([a-z0-9-]+):(\d{12}):document\/(.*)$/;
const targetPattern = /^\/[\w.\-:/]*$/;

export interface NewDocument {
  name: string;
  text: string;
  format: DocumentContent['format'];
  targetType?: string;
  tags: Tags;
}

/** By its name or its ARN. What another account or region has does not exist. */
export async function requiredDocument(
  { documents }: CatalogReader,
  owner: Owner,
  named: string,
): Promise<DocumentRow> {
  const [, region, account, ofArn] = arnPattern.exec(named) ?? [];
  const isElsewhere = ofArn !== undefined && (region !== owner.region || account !== owner.account);
  const row = isElsewhere ? undefined : await documents.get(documentRowId(owner, ofArn ?? named));
  if (row) return row;
  throw new ServiceError('InvalidDocument', `Document with name ${named} does not exist.`);
}

/** A number, `$DEFAULT` or `$LATEST`; the default one where none is said. */
export async function requiredVersion(
  { documentVersions }: CatalogReader,
  row: DocumentRow,
  version = '$DEFAULT',
): Promise<DocumentContent> {
  if (version === '$DEFAULT') return row.content;
  const number = version === '$LATEST' ? row.latest : Number(version);
  const isNumber = /^[1-9]\d{0,9}$/.test(String(number));
  const found = isNumber && (await documentVersions.get(documentVersionRowId(row.id, number)));
  if (found) return found.content;
  throw new ServiceError(
    'InvalidDocumentVersion',
    `The version ${version} of the document ${row.name} does not exist.`,
  );
}

export async function createDocument(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  { name, text, format, targetType, tags }: NewDocument,
  now: Date,
): Promise<DocumentRow> {
  const { documents, documentVersions } = transaction;
  if (!namePattern.test(name)) {
    throw validation(`Name '${name}' does not match ${namePattern.source}.`);
  }
  if (reservedPattern.test(name)) {
    throw validation(`Name '${name}' begins as those of documents of AWS do.`);
  }
  const id = documentRowId({ account, region }, name);
  if (await documents.get(id)) {
    throw new ServiceError('DocumentAlreadyExists', `Document with name ${name} already exists.`);
  }
  if ((await documents.count({ where: { account, region } })) >= documentsMax) {
    const message = `An account has at most ${documentsMax} documents in a region.`;
    throw new ServiceError('DocumentLimitExceeded', message);
  }
  const content = contentOf(text, format, 1, now);
  const owned = { account, region, createdAt: content.createdAt };
  await documentVersions.insert({ id: documentVersionRowId(id, 1), ...owned, content });
  const row: DocumentRow = {
    ...{ id, ...owned, name, content, latest: 1, tags },
    ...(targetType !== undefined && { targetType: checkedTarget(targetType) }),
  };
  await documents.insert(row);
  return row;
}

/** A new version, which is not the default one. */
export async function updateDocument(
  transaction: CatalogTransaction,
  row: DocumentRow,
  {
    text,
    format,
    version,
    targetType,
  }: Pick<NewDocument, 'text' | 'format' | 'targetType'> & {
    version?: string;
  },
  now: Date,
): Promise<{ row: DocumentRow; content: DocumentContent }> {
  const { documents, documentVersions } = transaction;
  const before = await requiredVersion(transaction, row, version ?? '$LATEST');
  if (before.number !== row.latest) {
    throw new ServiceError(
      'InvalidDocumentVersion',
      'Only the latest version of a document is updated: say $LATEST.',
    );
  }
  if (row.latest >= versionsMax) {
    throw new ServiceError(
      'DocumentVersionLimitExceeded',
      `A document has at most ${versionsMax} versions.`,
    );
  }
  const content = contentOf(text, format, row.latest + 1, now);
  if (content.sha256 === before.sha256 && content.format === before.format) {
    throw new ServiceError(
      'DuplicateDocumentContent',
      'The content of the document is that of its latest version.',
    );
  }
  const { account, region } = row;
  const id = documentVersionRowId(row.id, content.number);
  await documentVersions.insert({ id, account, region, createdAt: content.createdAt, content });
  const changed = await documents.update({
    ...row,
    latest: content.number,
    ...(targetType !== undefined && { targetType: checkedTarget(targetType) }),
  });
  return { row: changed, content };
}

/** With all its versions, or one of them that is not the default one. */
export async function deleteDocument(
  transaction: CatalogTransaction,
  row: DocumentRow,
  version: string | undefined,
): Promise<void> {
  const { documents, documentVersions } = transaction;
  if (version === undefined) {
    const { account, region } = row;
    const where = { account, region };
    const after = documentVersionRowId(row.id, 0);
    for (const { id } of await documentVersions.list({ where, after, limit: row.latest })) {
      if (id.startsWith(`${row.id}:`)) await documentVersions.delete(id);
    }
    return documents.delete(row.id);
  }
  const { number } = await requiredVersion(transaction, row, version);
  if (number === row.content.number || number === row.latest) {
    throw new ServiceError(
      'InvalidDocumentOperation',
      'The default version and the latest one of a document are not deleted.',
    );
  }
  await documentVersions.delete(documentVersionRowId(row.id, number));
}

/** As it is run; it was checked when it was written. */
export function commandDocumentOf({ text }: DocumentContent): CommandDocument {
  return readCommandDocument(text);
}

function contentOf(
  text: string,
  format: DocumentContent['format'],
  number: number,
  now: Date,
): DocumentContent {
  if (Buffer.byteLength(text) > documentMaxBytes) {
    const message = `A document has at most ${documentMaxBytes} bytes.`;
    throw new ServiceError('MaxDocumentSizeExceeded', message);
  }
  try {
    readCommandDocument(text, format);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const isVersion = error.path === 'schemaVersion';
    const code = isVersion ? 'InvalidDocumentSchemaVersion' : 'InvalidDocumentContent';
    throw new ServiceError(code, `The document is not valid: ${error.message}`);
  }
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { number, format, text, sha256, createdAt: now.toISOString() };
}

function checkedTarget(text: string): string {
  if (text.length <= 200 && targetPattern.test(text)) return text;
  throw validation(`TargetType '${text}' does not match ${targetPattern.source}.`);
}

function validation(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
