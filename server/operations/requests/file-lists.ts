/** The files of a folder as a request asks for them, page by page: of an image, of a backup. */
import type {
  ImageFile,
  ImageFileKind,
  ListImageFilesResult,
} from '../../../api/imago-contents.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { FileKind } from '../../contents/file-system.ts';
import { namePattern } from '../../contents/name-patterns.ts';
import { namesOf, type SystemTree, type TreeFile } from '../../contents/system-tree.ts';
import { type Page, type PageScope, pageOf } from '../../domain/pages.ts';
import { FileOwners, imageFileShape } from '../shapes/image-file.ts';
import { oneOf } from './fixed-values.ts';

export const fileListBounds = { min: 1, max: 1000 };
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

export const fileListMembers = [
  'Path',
  'PathBytes',
  'Depth',
  'Name',
  'Kind',
  'MaxResults',
  'NextToken',
] as const;

interface FileListRequest {
  Depth?: number;
  Name?: string;
  Kind?: ImageFileKind;
  MaxResults?: number;
  NextToken?: string;
}

export interface WantedFiles {
  depth: number;
  page: Page;
  matches(file: TreeFile): boolean;
}

export function wantedFiles(input: FileListRequest, scope: PageScope): WantedFiles {
  const { Depth = 1, Name, Kind } = input;
  if (Depth < 1 || Depth > depthMax) {
    throw new ServiceError('InvalidParameterValue', `Depth must be from 1 to ${depthMax}.`);
  }
  const kind = oneOf('Kind', Kind, kinds);
  const isNamed = Name === undefined ? () => true : namePattern(Name);
  return {
    depth: Depth,
    page: pageOf(input, scope, fileListBounds),
    matches: ({ path, inode }) =>
      (kind === undefined || inode.kind === kind) && isNamed(namesOf(path).at(-1) as Buffer),
  };
}

export async function pageOfFiles(
  tree: SystemTree,
  top: TreeFile,
  { depth, page, matches }: WantedFiles,
): Promise<ListImageFilesResult> {
  const { after, limit = fileListBounds.max } = page;
  const owners = await FileOwners.of(tree);
  if (top.inode.kind !== 'folder') return { Files: [await imageFileShape(top, owners)] };
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
