/** `imago images manifest`: what an image is, as it was signed. */
import { writeFile } from 'node:fs/promises';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';

export async function imagesManifestCommand(
  context: CommandContext,
  ami: string,
  { out }: { out?: string },
): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('GetImageManifest', { ImageId: ami });
  const { Manifest: text, Signatures: signatures } = answer;
  if (out === undefined) return output.json ? output.document(answer) : output.line(text);
  const account = JSON.parse(text).image.account;
  const own = signatures.find(({ AccountId }) => AccountId === account);
  if (!own) {
    throw new CommandError(`The owner of ${ami} has not signed it.`, `imago images sign ${ami}`);
  }
  // Byte for byte: a new line at the end would not have been signed.
  await writeFile(out, text);
  await writeFile(`${out}.minisig`, own.Signature);
  if (output.json) return output.document(answer);
  output.line(`${out} and ${out}.minisig: minisign -V -m ${out} -P ${own.PublicKey}`);
}
