/** A file of an image as it is answered. */
import { isUtf8 } from 'node:buffer';
import type { ImageFile, ImageFileAttribute } from '../../../api/imago-contents.ts';
import { type Accounts, readAccounts } from '../../contents/account-files.ts';
import type { SystemTree, TreeFile } from '../../contents/system-tree.ts';

/** Whose files are, as the image's own accounts have it. */
export class FileOwners {
  readonly #users: Map<number, string>;
  readonly #groups: Map<number, string>;

  /** Of several names of a number the first counts. */
  constructor({ users, groups }: Accounts) {
    this.#users = new Map(users.toReversed().map(({ uid, name }) => [uid, name]));
    this.#groups = new Map(groups.toReversed().map(({ gid, name }) => [gid, name]));
  }

  static async of(tree: SystemTree): Promise<FileOwners> {
    return new FileOwners(await readAccounts(tree));
  }

  shape({ uid, gid }: { uid: number; gid: number }) {
    const [Owner, Group] = [this.#users.get(uid), this.#groups.get(gid)];
    return {
      Uid: uid,
      Gid: gid,
      ...(Owner !== undefined && { Owner }),
      ...(Group !== undefined && { Group }),
    };
  }
}

/** Names as they are read: bytes, as latin1. */
export function attributeShapes(attributes: ReadonlyMap<string, Buffer>): ImageFileAttribute[] {
  return [...attributes].map(([name, Value]) => {
    const bytes = Buffer.from(name, 'latin1');
    const beside = !isUtf8(bytes) && { NameBytes: bytes.toString('base64') };
    return { Name: bytes.toString(), ...beside, Value };
  });
}

export async function imageFileShape(
  { path, fileSystem, inode }: TreeFile,
  owners: FileOwners,
): Promise<ImageFile> {
  const { kind, mode, sizeBytes, links, number, modifiedAt, device } = inode;
  const target = kind === 'link' ? await fileSystem.target(inode) : undefined;
  return {
    Path: path.toString(),
    ...(!isUtf8(path) && { PathBytes: path.toString('base64') }),
    Kind: kind,
    Mode: mode.toString(8).padStart(4, '0'),
    ...owners.shape(inode),
    SizeBytes: sizeBytes,
    Links: links,
    Inode: number,
    ModifyDate: modifiedAt,
    ...(target && { Target: target.toString() }),
    ...(target && !isUtf8(target) && { TargetBytes: target.toString('base64') }),
    ...(device && { Device: `${device.major}:${device.minor}` }),
  };
}
