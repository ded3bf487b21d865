import type {
  UpdateDocumentRequest,
  UpdateDocumentResult,
} from '../../../api/generated/ssm-types.ts';
import { requiredDocument, updateDocument as update } from '../../domain/documents.ts';
import type { Operation } from '../operation.ts';
import { documentFormat } from '../requests/documents.ts';
import { documentDescription } from '../shapes/documents.ts';

/** A new version; which one is the default one stays as it is. */
export const updateDocument: Operation<UpdateDocumentRequest, UpdateDocumentResult> = {
  accepts: ['Name', 'Content', 'DocumentFormat', 'DocumentVersion', 'TargetType'],
  run: (input, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const before = await requiredDocument(transaction, caller, input.Name);
      const change = {
        text: input.Content,
        format: documentFormat(input.DocumentFormat),
        version: input.DocumentVersion,
        targetType: input.TargetType,
      };
      const { row, content } = await update(transaction, before, change, clock.now());
      return { DocumentDescription: documentDescription(row, content) };
    }),
};
