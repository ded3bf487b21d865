/** What tests of documents of Systems Manager begin with. */
import type { OperationContext } from './operation.ts';
import { createDocument } from './ssm/CreateDocument.ts';
import { updateDocument } from './ssm/UpdateDocument.ts';

/** One that a policy may name: it runs this command. */
export function testDocument(command = 'echo {{ command }}'): string {
  const inputs = { runCommand: [command] };
  const allowedValues = ['pre-script', 'post-script', 'dry-run'];
  return JSON.stringify({
    schemaVersion: '2.2',
    description: 'Of a test',
    parameters: { command: { type: 'String', default: 'dry-run', allowedValues } },
    mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs }],
  });
}

/** With so many versions, of which the first is the default one. */
export async function makeDocument(
  context: OperationContext,
  Name: string,
  versions = 1,
): Promise<void> {
  await createDocument.run({ Name, Content: testDocument() }, context);
  for (let number = 2; number <= versions; number++) {
    const Content = testDocument(`echo ${number}`);
    await updateDocument.run({ Name, Content, DocumentVersion: '$LATEST' }, context);
  }
}
