/** Documents of Systems Manager as they are answered. */
import type { DocumentDescription, DocumentIdentifier } from '../../../api/generated/ssm-types.ts';
import type { DocumentContent, DocumentRow } from '../../catalog/rows/document.ts';
import { commandDocumentOf } from '../../domain/documents.ts';

const kind = { DocumentType: 'Command', SchemaVersion: '2.2', PlatformTypes: ['Linux'] };

export function documentIdentifier(row: DocumentRow): DocumentIdentifier {
  return { ...ofBoth(row, row.content), ...kind };
}

export function documentDescription(
  row: DocumentRow,
  content: DocumentContent,
): DocumentDescription {
  const { description, parameters } = commandDocumentOf(content);
  return {
    ...ofBoth(row, content),
    ...kind,
    Hash: content.sha256,
    HashType: 'Sha256',
    Status: 'Active',
    Description: description,
    Parameters: parameters.map((each) => ({
      Name: each.name,
      Type: 'String',
      Description: each.description,
      DefaultValue: each.default,
    })),
    LatestVersion: String(row.latest),
    DefaultVersion: String(row.content.number),
  };
}

function ofBoth(row: DocumentRow, { number, format, createdAt }: DocumentContent) {
  return {
    Name: row.name,
    CreatedDate: new Date(createdAt),
    Owner: row.account,
    DocumentVersion: String(number),
    DocumentFormat: format,
    TargetType: row.targetType,
    Tags: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}
