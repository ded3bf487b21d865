/** The key of a home that signs tokens (domain/block-tokens.ts): made at its first start. */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Files } from './files/files.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { Home } from './foundations/home.ts';

const keyBytes = 32;

export async function tokenKeyOf(home: Home, files: Files): Promise<KeyObject> {
  const found = await readFileWithin(files, home.tokenKeyFile, keyBytes);
  if (found?.length === keyBytes) return createSecretKey(found);
  // Without the old one, tokens that were given out are good no longer: lists are begun again.
  const key = randomBytes(keyBytes);
  await replaceFile(files, home.tokenKeyFile, key);
  return createSecretKey(key);
}
