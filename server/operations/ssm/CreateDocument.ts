import type {
  CreateDocumentRequest,
  CreateDocumentResult,
} from '../../../api/generated/ssm-types.ts';
import { createDocument as create } from '../../domain/documents.ts';
import { parameterTags } from '../../domain/parameter-changes.ts';
import type { Operation } from '../operation.ts';
import { documentFormat } from '../requests/documents.ts';
import { documentDescription } from '../shapes/documents.ts';

/** Its first version, which is the default one. */
export const createDocument: Operation<CreateDocumentRequest, CreateDocumentResult> = {
  accepts: ['Name', 'Content', 'DocumentFormat', 'TargetType', 'Tags'],
  fixed: { DocumentType: 'Command' },
  run: (input, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const asked = {
        name: input.Name,
        text: input.Content,
        format: documentFormat(input.DocumentFormat),
        targetType: input.TargetType,
        tags: parameterTags({}, input.Tags ?? []),
      };
      const row = await create(transaction, caller, asked, clock.now());
      return { DocumentDescription: documentDescription(row, row.content) };
    }),
};
