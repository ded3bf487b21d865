/**
 * What every reader of a file system answers, whatever its kind: inodes by their numbers, and what
 * they hold. Paths, links and whole trees are `file-tree.ts`'s, over any of them. The bytes are
 * hostile: each call reads within the part of the disk that it was given and within its budget, and
 * throws `UnreadableContents` and nothing else. Names are bytes. Nothing is ever written, and no
 * journal replayed.
 */
export type FileKind =
  | 'file'
  | 'folder'
  | 'link'
  | 'character-device'
  | 'block-device'
  | 'fifo'
  | 'socket';

export interface Inode {
  number: number;
  kind: FileKind;
  /** Permissions, set-id and sticky bits: the lower twelve. */
  mode: number;
  uid: number;
  gid: number;
  sizeBytes: number;
  /** How many names it has. */
  links: number;
  modifiedAt: Date;
  /** Of its last second, where the file system knows more than `modifiedAt` tells. */
  nanoseconds?: number;
  /** Neither its names nor its bytes can be read. */
  isEncrypted?: boolean;
  /** Of devices. */
  device?: { major: number; minor: number };
}

export interface Entry {
  name: Buffer;
  number: number;
}

/** A run of bytes of a file. */
export interface FilePlace {
  /** In the file. */
  offset: number;
  /** On the part of the disk. */
  start: number;
  length: number;
}

/** Inodes that lie one after the other, of which those behind them are not in use. */
export interface InodeRange {
  /** The number of the first. */
  first: number;
  count: number;
  /** Where that is, on the part of the disk. */
  start: number;
  inodeBytes: number;
}

/** What can be said of inodes without going through folders. */
export interface InodeTables<Node extends Inode = Inode> {
  /** Where it is the same, inodes of the same bytes in the same places are the same. */
  readonly layout: string;
  ranges(): AsyncGenerator<InodeRange>;
  /** Undefined where it has no name. */
  used(number: number): Promise<Node | undefined>;
  /** Whether they say the same, but for times. */
  isAlike(one: Node, other: Node): boolean;
  /** All that belongs to it; what is no part of its content has negative offsets. */
  places(inode: Node): Promise<FilePlace[]>;
  /** The number of the folder that a folder is in. */
  parent(folder: Node): Promise<number>;
}

export interface FileSystem<Node extends Inode = Inode> {
  /** As `blkid` calls it: ext2, ext3, ext4, xfs, vfat. */
  readonly kind: string;
  readonly label?: string;
  /** What `/etc/fstab` names as its UUID. */
  readonly id?: string;
  /** It was in use when its bytes were taken, so its journal holds what is not read here. */
  readonly isUnclean: boolean;
  readonly rootNumber: number;
  inode(number: number): Promise<Node>;
  /** Of a folder, without `.` and `..`, in no order. */
  entries(folder: Node): Promise<Entry[]>;
  /** One of them, by an index, where that is less work than all. */
  lookUp?(folder: Node, name: Buffer): Promise<Entry | undefined>;
  /** Of a regular file; shorter at its end. Holes are zeros. */
  content(file: Node, offset: number, length: number): Promise<Buffer>;
  /** Of a link. */
  target(link: Node): Promise<Buffer>;
  /**
   * Where on its part of the disk a regular file lies, in the order of the file; holes are left
   * out. Undefined where it is beside its inode. Absent where it is not known.
   */
  places?(file: Node): Promise<FilePlace[] | undefined>;
  /** Absent where there are none. */
  readonly tables?: InodeTables<Node>;
  /** Extended attributes by their whole names, as latin1: `security.capability`. */
  attributes(of: Node): Promise<Map<string, Buffer>>;
}
