/** `imago images sign`: one's own signature on an image. */
import { type CommandContext, connect } from '../context.ts';

export async function imagesSignCommand(context: CommandContext, ami: string): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('SignImage', { ImageId: ami });
  if (output.json) return output.document(answer);
  const { Sha256: digest, Signatures: signatures } = answer;
  output.line(`The manifest of ${ami}, SHA-256 ${digest}, is signed by:`);
  output.table(
    ['ACCOUNT', 'KEY', 'SIGNED AT', 'PUBLIC KEY'],
    signatures.map((each) => [each.AccountId, each.KeyId, String(each.SignDate), each.PublicKey]),
  );
}
