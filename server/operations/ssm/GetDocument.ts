import type { GetDocumentRequest, GetDocumentResult } from '../../../api/generated/ssm-types.ts';
import { inFormat } from '../../components/command-document.ts';
import { requiredDocument, requiredVersion } from '../../domain/documents.ts';
import type { Operation } from '../operation.ts';
import { documentFormat } from '../requests/documents.ts';

/** As it was written, where no other format is asked for. */
export const getDocument: Operation<GetDocumentRequest, GetDocumentResult> = {
  accepts: ['Name', 'DocumentVersion', 'DocumentFormat'],
  run: ({ Name, DocumentVersion, DocumentFormat }, { catalog, caller }) =>
    catalog.read(async (reader) => {
      const row = await requiredDocument(reader, caller, Name);
      const content = await requiredVersion(reader, row, DocumentVersion);
      const { number, text, createdAt } = content;
      const format = documentFormat(DocumentFormat ?? content.format);
      return {
        Name: row.name,
        CreatedDate: new Date(createdAt),
        DocumentVersion: String(number),
        Status: 'Active',
        Content: format === content.format ? text : inFormat(text, format),
        DocumentType: 'Command',
        DocumentFormat: format,
      };
    }),
};
