/**
 * What is at a path of an image as a tar archive, piece by piece: owners by number, modes, times,
 * extended attributes, links of both kinds, devices, holes. Names are relative to the image's root,
 * so none begins with a slash, and no reader of a file system answers `..`; what is in a folder twice
 * is damage, as a link of that name could lead what follows to elsewhere. Sockets are left out, as
 * tar leaves them out. What cannot be read ends it before its end, which whoever unpacks it sees.
 */
import { UnreadableContents } from '../contents/bounded-reader.ts';
import type { FilePlace, FileSystem } from '../contents/file-system.ts';
import type { SystemTree, TreeFile } from '../contents/system-tree.ts';
import { sparseMap, type TarEntry, tarEnd, tarHeaders, tarPadding } from './tar-headers.ts';

const pieceBytes = 256 * 1024;
/** The map of a sparse file is in memory; one of more pieces is written whole. */
const piecesMax = 100_000;
/** Of files with several names of which not all have come. More of them are written once a name. */
const linkedBytesMax = 32 * 1024 ** 2;

/** Nobody can read it without a key that is not on the disk; nothing is wrong with it. */
export class EncryptedContents extends UnreadableContents {}

export async function* tarOf(tree: SystemTree, top: TreeFile): AsyncGenerator<Buffer> {
  const names = new LinkedNames();
  yield* entry(top, names);
  if (top.inode.kind === 'folder') {
    const twice = new SameNames();
    for await (const file of tree.walk(top.path)) {
      twice.check(file);
      yield* entry(file, names);
    }
  }
  yield tarEnd;
}

async function* entry(file: TreeFile, names: LinkedNames): AsyncGenerator<Buffer> {
  const { fileSystem, inode } = file;
  const { kind, device, isEncrypted } = inode;
  if (kind === 'socket') return;
  // Left out it would look as if it were all.
  if (isEncrypted) throw new EncryptedContents('a part of it is encrypted');
  const common = await commonOf(file);
  const first = kind === 'folder' ? undefined : names.first(file, common.name);
  if (first) {
    yield tarHeaders({ ...common, type: 'hardLink', target: first, attributes: undefined });
  } else if (kind === 'file') yield* contentOf(file, common);
  else if (kind === 'link') {
    yield tarHeaders({ ...common, type: kind, target: await fileSystem.target(inode) });
  } else yield tarHeaders({ ...common, type: kind, ...(device && { device }) });
}

type Common = Omit<TarEntry, 'type'>;

async function commonOf({ path, fileSystem, inode }: TreeFile): Promise<Common> {
  const { mode, uid, gid, modifiedAt } = inode;
  const ms = modifiedAt.getTime();
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = inode.nanoseconds ?? (ms - seconds * 1000) * 1e6;
  const attributes = await fileSystem.attributes(inode);
  const modified = { seconds, nanoseconds };
  return { name: nameOf(path), mode, uid, gid, modified, sizeBytes: 0, attributes };
}

/** Of the root itself what tar calls it. */
function nameOf(path: Buffer): Buffer {
  return path.length === 1 ? Buffer.from('.') : path.subarray(1);
}

async function* contentOf(file: TreeFile, common: Common): AsyncGenerator<Buffer> {
  const { sizeBytes } = file.inode;
  const pieces = await dataOf(file);
  if (!pieces) {
    yield tarHeaders({ ...common, type: 'file', sizeBytes });
    yield* bytes(file, [{ offset: 0, length: sizeBytes }]);
    return;
  }
  const map = sparseMap(pieces);
  const dataBytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const stored = map.length + dataBytes;
  yield tarHeaders({ ...common, type: 'file', sizeBytes: stored, sparseBytes: sizeBytes });
  yield map;
  yield* bytes(file, pieces);
}

interface Piece {
  offset: number;
  length: number;
}

/** Where a file has data, its end at last; undefined where it has no holes. */
async function dataOf({ fileSystem, inode }: TreeFile): Promise<Piece[] | undefined> {
  const { sizeBytes } = inode;
  const places = sizeBytes === 0 ? undefined : await fileSystem.places?.(inode);
  if (!places || places.length > piecesMax) return undefined;
  const pieces: Piece[] = [];
  let end = 0;
  for (const place of places) {
    const piece = clipped(place, sizeBytes);
    // In the order of the file: another order is damage, which the content will tell.
    if (piece.offset < end) return undefined;
    const last = pieces.at(-1);
    if (last && piece.offset === end) last.length += piece.length;
    else if (piece.length > 0) pieces.push(piece);
    end = piece.offset + piece.length;
  }
  const [only] = pieces;
  if (pieces.length === 1 && only?.offset === 0 && only.length === sizeBytes) return undefined;
  if (end < sizeBytes) pieces.push({ offset: sizeBytes, length: 0 });
  return pieces;
}

function clipped({ offset, length }: FilePlace, sizeBytes: number): Piece {
  return { offset, length: Math.max(0, Math.min(length, sizeBytes - offset)) };
}

async function* bytes(file: TreeFile, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  const { fileSystem, inode } = file;
  let written = 0;
  for (const { offset, length } of pieces) {
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const wanted = Math.min(pieceBytes, end - at);
      const piece = await fileSystem.content(inode, at, wanted);
      if (piece.length !== wanted) throw new UnreadableContents('a file ends before its length');
      yield piece;
      at += wanted;
    }
    written += length;
  }
  yield tarPadding(written);
}

/** The names under which files with several have come first. */
class LinkedNames {
  readonly #known = new Map<FileSystem, Map<number, { name: Buffer; left: number }>>();
  #bytes = 0;

  /** Undefined where this is the first. */
  first({ fileSystem, inode }: TreeFile, name: Buffer): Buffer | undefined {
    const { number, links } = inode;
    if (links < 2) return undefined;
    const numbers = this.#known.get(fileSystem) ?? new Map();
    this.#known.set(fileSystem, numbers);
    const known = numbers.get(number);
    if (!known) {
      if (this.#bytes + name.length > linkedBytesMax) return undefined;
      this.#bytes += name.length;
      numbers.set(number, { name, left: links - 1 });
      return undefined;
    }
    if (--known.left === 0) {
      numbers.delete(number);
      this.#bytes -= known.name.length;
    }
    return known.name;
  }
}

/** Sorted, the same names of a folder come one after the other. */
class SameNames {
  readonly #last: string[] = [];

  check({ path }: TreeFile): void {
    const text = path.toString('latin1');
    const depth = text.split('/').length;
    if (this.#last[depth] === text) throw new UnreadableContents('a name is in a folder twice');
    this.#last.length = depth;
    this.#last[depth] = text;
  }
}
