import type {
  UpdateDocumentDefaultVersionRequest,
  UpdateDocumentDefaultVersionResult,
} from '../../../api/generated/ssm-types.ts';
import { requiredDocument, requiredVersion } from '../../domain/documents.ts';
import type { Operation } from '../operation.ts';

/** The one that is run. */
export const updateDocumentDefaultVersion: Operation<
  UpdateDocumentDefaultVersionRequest,
  UpdateDocumentDefaultVersionResult
> = {
  accepts: ['Name', 'DocumentVersion'],
  run: ({ Name, DocumentVersion }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await requiredDocument(transaction, caller, Name);
      const content = await requiredVersion(transaction, row, DocumentVersion);
      await transaction.documents.update({ ...row, content });
      return { Description: { Name: row.name, DefaultVersion: String(content.number) } };
    }),
};
