/** The id of this host: made at the first start of a home and kept in it. */
import type { Ids } from './domain/identity.ts';
import type { Files } from './files/files.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { Home } from './foundations/home.ts';

const fileMaxBytes = 100;

export async function hostIdOf(home: Home, files: Files, ids: Ids): Promise<string> {
  const found = await readFileWithin(files, home.hostIdFile, fileMaxBytes);
  if (found) {
    const id = found.toString().trim();
    if (/^h-[0-9a-f]{17}$/.test(id)) return id;
    throw new Error(
      `${home.hostIdFile} does not name a host; what is on this host is under its id`,
    );
  }
  const id = ids.resource('h');
  await replaceFile(files, home.hostIdFile, Buffer.from(`${id}\n`));
  return id;
}
