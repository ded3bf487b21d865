/**
 * A root that is on no disk: a folder for each file system of disks that have no system on them,
 * named as Linux names where it lies (`vda1`, `group-volume`). The file systems are mounted there by
 * `mount-points.ts`; nothing else is in it.
 */
import { UnreadableContents } from './bounded-reader.ts';
import type { DiskPart } from './disk-contents.ts';
import type { Entry, FileSystem, Inode } from './file-system.ts';

const rootNumber = 1;
const firstNumber = 2;
/** What Linux calls a group or a volume; a description that was made up may say anything. */
const plainName = /^[A-Za-z0-9_+][\w+.-]*$/;

export class FolderOfFileSystems implements FileSystem {
  readonly kind = 'folders';
  readonly isUnclean = false;
  readonly rootNumber = rootNumber;
  readonly #names: readonly Buffer[];

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name));
  }

  async inode(number: number): Promise<Inode> {
    if (number < rootNumber || number >= firstNumber + this.#names.length) {
      throw new UnreadableContents('there is no such folder');
    }
    return {
      ...{ number, kind: 'folder', mode: 0o755, uid: 0, gid: 0, sizeBytes: 0, links: 2 },
      modifiedAt: new Date(0),
    };
  }

  async entries(folder: Inode): Promise<Entry[]> {
    if (folder.number !== rootNumber) return [];
    return this.#names.map((name, index) => ({ name, number: firstNumber + index }));
  }

  async content(): Promise<Buffer> {
    throw new UnreadableContents('there are no files');
  }

  async target(): Promise<Buffer> {
    throw new UnreadableContents('there are no links');
  }

  async attributes(): Promise<Map<string, Buffer>> {
    return new Map();
  }
}

/** Each another one. */
export function namesOfParts(parts: readonly DiskPart[]): string[] {
  const taken = new Set<string>();
  return parts.map((part, index) => {
    const name = nameOf(part);
    const own = plainName.test(name) && !taken.has(name) ? name : `part-${index}`;
    taken.add(own);
    return own;
  });
}

function nameOf({ disk, partition: { number }, volume }: DiskPart): string {
  if (volume) return `${volume.group}-${volume.name}`;
  return `vd${String.fromCharCode(97 + disk)}${number ?? ''}`;
}
