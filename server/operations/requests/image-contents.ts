/**
 * How operations look into an image: the caller may, its disks are opened, and what cannot be read
 * is an error of the image and not of Imago.
 */
import type { PathOfImage } from '../../../api/imago-contents.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { sealKeyOf } from '../../blocks/sealed-block.ts';
import { UnreadableContents } from '../../contents/bounded-reader.ts';
import type { SystemTree, TreeFile } from '../../contents/system-tree.ts';
import { type ReadableDisk, readableImage } from '../../domain/image-contents.ts';
import { VolumeKeys } from '../../domain/volume-keys.ts';
import type { MappedDisk } from '../../inspection/inspector.ts';
import type { OperationContext } from '../operation.ts';

/** What the caller sees of an image, ready to be opened. */
export async function disksOfImage(
  context: OperationContext,
  imageId: string,
): Promise<MappedDisk[]> {
  const { catalog, caller, clock } = context;
  const { disks } = await catalog.read((reader) =>
    readableImage(reader, caller, imageId, clock.now()),
  );
  return mappedDisks(context, disks);
}

export async function mappedDisks(
  context: OperationContext,
  disks: readonly Pick<ReadableDisk, 'root' | 'region' | 'encryption'>[],
): Promise<MappedDisk[]> {
  const keys = new VolumeKeys(context);
  const mapped: MappedDisk[] = [];
  for (const { root, region, encryption } of disks) {
    const key = encryption && sealKeyOf(await keys.blocks(encryption));
    mapped.push({ root, region, ...(key && { key }) });
  }
  return mapped;
}

export async function lookInto<T>(
  context: OperationContext,
  imageId: string,
  work: (tree: SystemTree) => Promise<T>,
): Promise<T> {
  const disks = await disksOfImage(context, imageId);
  return readably(imageId, () => context.inspector.look(disks, work));
}

export async function readably<T>(imageId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    throw new ServiceError(
      'UnreadableImage',
      `What is in ${imageId} cannot be read: ${error.message}.`,
    );
  }
}

/** Of a request; the root where it names none. */
export function pathOf({ Path, PathBytes }: Omit<PathOfImage, 'ImageId'>): Buffer {
  if (Path !== undefined && PathBytes !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'The parameters Path and PathBytes cannot be used together.',
    );
  }
  const path = PathBytes === undefined ? Buffer.from(Path ?? '/') : bytesOf(PathBytes);
  if (path.length > 0 && !path.includes(0)) return path;
  throw new ServiceError(
    'InvalidParameterValue',
    'A path has one byte at least, and none that is 0.',
  );
}

function bytesOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') === base64) return bytes;
  throw new ServiceError('InvalidParameterValue', 'PathBytes must be base64.');
}

export async function requiredFile(
  tree: SystemTree,
  imageId: string,
  path: Buffer,
  options?: { link?: boolean },
): Promise<TreeFile> {
  const found = await tree.find(path, options);
  const at = found?.path ?? path;
  const why = tree.whyUnread(at) ?? (await tree.whyEmpty(at, found));
  if (why !== undefined) throw new UnreadableContents(why);
  if (found) return found;
  const unread = [
    ...new Set([...tree.unread, ...tree.doubtful].map((each) => ` Not read is ${each.why}.`)),
  ].join('');
  throw new ServiceError('InvalidPath.NotFound', `There is no ${path} in ${imageId}.${unread}`);
}
