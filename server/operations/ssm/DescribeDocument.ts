import type {
  DescribeDocumentRequest,
  DescribeDocumentResult,
} from '../../../api/generated/ssm-types.ts';
import { requiredDocument, requiredVersion } from '../../domain/documents.ts';
import type { Operation } from '../operation.ts';
import { documentDescription } from '../shapes/documents.ts';

export const describeDocument: Operation<DescribeDocumentRequest, DescribeDocumentResult> = {
  accepts: ['Name', 'DocumentVersion'],
  run: ({ Name, DocumentVersion }, { catalog, caller }) =>
    catalog.read(async (reader) => {
      const row = await requiredDocument(reader, caller, Name);
      const content = await requiredVersion(reader, row, DocumentVersion);
      return { Document: documentDescription(row, content) };
    }),
};
