/** What a form asks for, in the words of aws-cli and as a document. */
import { awsCli } from '../../parts/aws-cli.ts';
import { policyText } from '../../text/policies.ts';

export const codesOf = (action: string, input: object) =>
  [
    ['aws-cli', awsCli('backup', action, input)],
    [policyText.document, JSON.stringify(input, null, 2)],
  ] as const;
