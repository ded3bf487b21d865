import { createDocument } from '../../../server/operations/ssm/CreateDocument.ts';
import { makeDocument, testDocument } from '../../../server/operations/test-documents.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

export const table: AuthorisationTable = {
  nouns: {
    /** Everybody may have one of the same name. */
    document: {
      async make(context) {
        const Name = context.ids.resource('document');
        await createDocument.run({ Name, Content: testDocument() }, context);
        return Name;
      },
      missing: 'document-of-nobody',
      unseen: 'InvalidDocument',
    },
    /** Beside its default version and its latest. */
    documentOfThree: {
      async make(context) {
        const Name = context.ids.resource('document');
        await makeDocument(context, Name, 3);
        return Name;
      },
      missing: 'document-of-nobody',
      unseen: 'InvalidDocument',
    },
  },
  actions: {
    'ssm.CreateDocument': {
      with: { Name: 'new-document', Content: testDocument() },
      plain: ['Name'],
    },
    'ssm.GetDocument': byOne('Name', 'document'),
    'ssm.DescribeDocument': byOne('Name', 'document'),
    'ssm.ListDocuments': ownOnly,
    'ssm.UpdateDocument': byOne('Name', 'document', {
      with: { Content: testDocument('true'), DocumentVersion: '$LATEST' },
    }),
    'ssm.UpdateDocumentDefaultVersion': byOne('Name', 'document', {
      with: { DocumentVersion: '1' },
    }),
    'ssm.DeleteDocument': byOne('Name', 'documentOfThree', { with: { DocumentVersion: '2' } }),
  },
};
