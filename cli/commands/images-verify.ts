/** `imago images verify`: whether an image is what was signed, and by whom it was. */
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { harmlessLine } from '../terminal-text.ts';

export async function imagesVerifyCommand(
  context: CommandContext,
  ami: string,
  { key }: { key?: string[] },
): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('VerifyImage', {
    ImageId: ami,
    ...(key && { PublicKeys: key }),
  });
  const { Valid: valid, Problems: problems, SignedBy: signedBy } = answer;
  if (output.json) output.document(answer);
  else {
    for (const { AccountId, KeyId, SignDate } of signedBy) {
      output.line(`Signed by account ${AccountId}, key ${KeyId}, ${SignDate}.`);
    }
  }
  if (valid) return output.json ? undefined : output.line(`${ami} is what was signed.`);
  throw new CommandError(`${ami} is not to be trusted: ${harmlessLine(problems.join(' '))}`);
}
