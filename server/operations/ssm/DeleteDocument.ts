import type {
  DeleteDocumentRequest,
  DeleteDocumentResult,
} from '../../../api/generated/ssm-types.ts';
import { deleteDocument as remove, requiredDocument } from '../../domain/documents.ts';
import type { Operation } from '../operation.ts';

/** With all its versions, where none is named. A policy that names it has a script that fails. */
export const deleteDocument: Operation<DeleteDocumentRequest, DeleteDocumentResult> = {
  accepts: ['Name', 'DocumentVersion'],
  fixed: { Force: [true, false] },
  run: ({ Name, DocumentVersion }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await requiredDocument(transaction, caller, Name);
      await remove(transaction, row, DocumentVersion);
      return {};
    }),
};
