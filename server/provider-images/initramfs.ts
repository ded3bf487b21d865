/**
 * Writes a `newc` cpio archive, the format of Linux's initramfs: root owns everything, no times, so
 * that the same entries make the same bytes. Only what a boot needs: folders, files, symbolic
 * links.
 */
export interface InitramfsEntry {
  /** Relative, without a leading slash; folders come before what is in them. */
  path: string;
  type: 'folder' | 'file' | 'link';
  /** Of a file: its bytes; of a link: where it points. */
  content?: Buffer;
  executable?: boolean;
}

const typeBits = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;

export function makeInitramfs(entries: readonly InitramfsEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  return Buffer.concat([...parts, ...record({ path: 'TRAILER!!!', type: 'file' }, 0)]);
}

function record(entry: InitramfsEntry, inode: number): Buffer[] {
  const content = entry.content ?? Buffer.alloc(0);
  const name = Buffer.from(`${entry.path}\0`);
  const permissions = entry.type === 'file' && !entry.executable ? 0o644 : 0o755;
  const mode = inode === 0 ? 0 : typeBits[entry.type] | permissions;
  const links = entry.type === 'folder' ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(
    `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}`,
  );
  return [padded(Buffer.concat([header, name])), padded(content)];
}

/** Header with name, and content, each end on a multiple of four. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
