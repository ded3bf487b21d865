/** `imago images sbom`: the bill of materials of an image, as other programs read it. */
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';

const formats = ['cyclonedx', 'spdx'] as const;

/** The document itself, with `--json` or without. */
export async function imagesSbomCommand(
  context: CommandContext,
  imageId: string,
  { format: said }: { format: string },
): Promise<void> {
  const format = formats.find((each) => each === said);
  if (!format) throw new CommandError(`The format is one of ${formats.join(', ')}.`);
  const input = { ImageId: imageId, Format: format };
  const { Document: document } = await connect(context).imago('GetImageBillOfMaterials', input);
  context.output.document(document);
}
