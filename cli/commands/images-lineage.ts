/** `imago images lineage`: an image among its ancestors and descendants, as a tree. */
import type { LineageImage } from '../../api/imago-provenance.ts';
import type { Wire } from '../../api/wire.ts';
import { formatBytes } from '../../server/foundations/sizes.ts';
import { type CommandContext, connect } from '../context.ts';

export async function imagesLineageCommand(context: CommandContext, ami: string): Promise<void> {
  const { output } = context;
  const answer = await connect(context).imago('DescribeImageLineage', { ImageId: ami });
  if (output.json) return output.document(answer);
  const { Images: images, Truncated: truncated } = answer;
  output.table(
    ['IMAGE', 'NAME', 'STATE', 'CREATED', 'SIZE', 'EXCLUSIVE', 'WARNINGS'],
    treeOf(images).map(({ image, lines }) => [
      `${lines}${image.ImageId}${image.ImageId === ami ? ' *' : ''}`,
      image.Name,
      image.State,
      String(image.CreateDate),
      `${image.VolumeSizeGiB} GiB`,
      image.ExclusiveBytes === undefined ? '' : formatBytes(image.ExclusiveBytes),
      [...image.Warnings, ...image.InheritedWarnings.map((each) => `of ${each}`)].join('; '),
    ]),
  );
  if (truncated) output.line('… and more that were made of these.');
}

interface Branch {
  image: Wire<LineageImage>;
  /** Before it, as `tree` draws them. */
  lines: string;
}

/** Depth first; the first image has no parent among them. */
export function treeOf(images: readonly Wire<LineageImage>[]): Branch[] {
  const children = Map.groupBy(images, ({ SourceImageId }) => SourceImageId ?? '');
  const branches: Branch[] = [];
  const [root] = images;
  const open = root ? [{ image: root, lines: '', below: '' }] : [];
  for (let next = open.pop(); next; next = open.pop()) {
    const { image, lines, below } = next;
    branches.push({ image, lines });
    const its = children.get(image.ImageId) ?? [];
    const added = its.map((child, index) => {
      const isLast = index === its.length - 1;
      return {
        image: child,
        lines: `${below}${isLast ? '└─ ' : '├─ '}`,
        below: `${below}${isLast ? '   ' : '│  '}`,
      };
    });
    open.push(...added.toReversed());
  }
  return branches;
}
