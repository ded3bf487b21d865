import type {
  ImageFile,
  ListImageFilesRequest,
  ListImageFilesResult,
} from '../../../api/imago-contents.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { FileKind } from '../../contents/file-system.ts';
import { namePattern } from '../../contents/name-patterns.ts';
import { namesOf, type SystemTree, type TreeFile } from '../../contents/system-tree.ts';
import { type Page, pageOf } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { oneOf } from '../requests/fixed-values.ts';
import { lookInto, pathOf, requiredFile } from '../requests/image-contents.ts';
import { FileOwners, imageFileShape } from '../shapes/image-file.ts';

const bounds = { min: 1, max: 1000 };
const kinds: readonly FileKind[] = [
  'file',
  'folder',
  'link',
  'character-device',
  'block-device',
  'fifo',
  'socket',
];
/** So many are looked at for one page, where few match. */
const looksOfPage = 20_000;
/** Linux has no path that is deeper. */
const depthMax = 4096;

interface Wanted {
  depth: number;
  page: Page;
  matches(file: TreeFile): boolean;
}

export const listImageFiles: Operation<ListImageFilesRequest, ListImageFilesResult> = {
  accepts: ['ImageId', 'Path', 'PathBytes', 'Depth', 'Name', 'Kind', 'MaxResults', 'NextToken'],
  inPages: { list: 'Files', rows: bounds.max },
  async run(input, context) {
    const { ImageId: imageId } = input;
    const path = pathOf(input);
    const { account, region } = context.caller;
    const action = `ListImageFiles ${imageId} ${path.toString('base64')}`;
    const wanted = wantedOf(input, pageOf(input, { account, region, action }, bounds));
    return lookInto(context, imageId, async (tree) => {
      const top = await requiredFile(tree, imageId, path);
      return top.inode.kind === 'folder'
        ? pageOfFolder(tree, top, wanted)
        : { Files: [await imageFileShape(top, await FileOwners.of(tree))] };
    });
  },
};

function wantedOf({ Depth = 1, Name, Kind }: ListImageFilesRequest, page: Page): Wanted {
  if (Depth < 1 || Depth > depthMax) {
    throw new ServiceError('InvalidParameterValue', `Depth must be from 1 to ${depthMax}.`);
  }
  const kind = oneOf('Kind', Kind, kinds);
  const isNamed = Name === undefined ? () => true : namePattern(Name);
  return {
    depth: Depth,
    page,
    matches: ({ path, inode }) =>
      (kind === undefined || inode.kind === kind) && isNamed(namesOf(path).at(-1) as Buffer),
  };
}

async function pageOfFolder(
  tree: SystemTree,
  top: TreeFile,
  { depth, page, matches }: Wanted,
): Promise<ListImageFilesResult> {
  const { after, limit = bounds.max } = page;
  const owners = await FileOwners.of(tree);
  const Files: ImageFile[] = [];
  let looks = 0;
  let last = '';
  const from = after === undefined ? {} : { after: Buffer.from(after, 'base64') };
  for await (const file of tree.walk(top.path, { depth, ...from })) {
    if (Files.length === limit || looks++ === looksOfPage) {
      return { Files, NextToken: page.tokenAfter(last) };
    }
    if (matches(file)) Files.push(await imageFileShape(file, owners));
    last = file.path.toString('base64');
  }
  return { Files };
}
