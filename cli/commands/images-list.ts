/** `imago images list`: the images that the caller owns or may launch. */
import type { Image } from '../../api/generated/ec2-types.ts';
import type { Wire } from '../../api/wire.ts';
import { type CommandContext, connect } from '../context.ts';

export async function imagesListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const answer = await connect(context).ec2('DescribeImages', {});
  if (output.json) return output.document(answer);
  const images = (answer.Images ?? []).toSorted(byCreation);
  if (images.length === 0) {
    output.line('There are no images yet. Build one: imago images build micro');
    return;
  }
  output.table(
    ['IMAGE', 'NAME', 'STATE', 'CONSISTENT', 'OWNER', 'CREATED'],
    images.map((image) => [
      image.ImageId ?? '',
      image.Name ?? '',
      image.State ?? '',
      image.Tags?.find(({ Key }) => Key === 'aws:imago:consistency')?.Value ?? '',
      image.ImageOwnerAlias ?? image.OwnerId ?? '',
      image.CreationDate ?? '',
    ]),
  );
}

function byCreation(a: Wire<Image>, b: Wire<Image>): number {
  return (a.CreationDate ?? '').localeCompare(b.CreationDate ?? '');
}
