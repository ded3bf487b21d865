/** A secret of a passphrase: scrypt, so that each guess is dear. */
import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { keyBytes } from './domain/master-key.ts';

/** A second of a processor, and 128 MiB, for each guess. */
const scryptCost = { N: 2 ** 17, r: 8, p: 1, maxmem: 160 * 1024 * 1024 };

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** The salt is base64. */
export function secretOfPassphrase(passphrase: string, salt: string): Promise<Buffer> {
  return derive(passphrase, Buffer.from(salt, 'base64'), keyBytes, scryptCost);
}
