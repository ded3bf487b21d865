/**
 * Files that a recipe brings along itself (micro-root/, debian-root/ …). In an image their modes
 * are 0755 and 0644, whatever umask the checkout was made under; an executable stays one. Special
 * modes are the recipes' to set afterwards.
 */
import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** What a file or folder gets, of whose mode only this counts: that its owner may execute it. */
export const plainMode = (mode: number) => (mode & 0o100 ? 0o755 : 0o644);

/** What is in the folder `name`, into `target`, over what is there. */
export async function copyOwnFiles(name: string, target: string): Promise<void> {
  const source = ownFile(name);
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    if (entry.isDirectory()) {
      await copyOwnFiles(path.join(name, entry.name), to);
      await chmod(to, 0o755);
    } else {
      await copyFile(from, to);
      await chmod(to, plainMode((await stat(from)).mode));
    }
  }
}
