/** The manifest of an OVA: which digest each of its members has to have, and whether it has. */
import { createHash } from 'node:crypto';
import { type Refuse, shown } from './disk-format-error.ts';
import type { RandomAccess } from './random-access.ts';
import type { TarMember } from './tar-index.ts';

export interface ManifestEntry {
  algorithm: 'sha1' | 'sha256' | 'sha512';
  name: string;
  digest: string;
}

export const manifestMaxBytes = 1024 ** 2;
const hexDigits = { sha1: 40, sha256: 64, sha512: 128 };
const readBytes = 4 * 1024 ** 2;

/** Lines such as `SHA256(disk.vmdk)= 9f86…`. */
export function parseManifest(text: string, refuse: Refuse): ManifestEntry[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const match = /^(SHA1|SHA256|SHA512)\s*\((.{1,1000})\)\s*=\s*([0-9a-fA-F]{40,128})\s*$/.exec(
      line,
    );
    const algorithm = match?.[1]?.toLowerCase() as ManifestEntry['algorithm'] | undefined;
    const [, , name = '', hex = ''] = match ?? [];
    if (!algorithm || hex.length !== hexDigits[algorithm]) {
      throw refuse(`its manifest has a line that is none: ${shown(line)}`);
    }
    return { algorithm, name, digest: hex.toLowerCase() };
  });
}

export interface VerifyOptions {
  signal?: AbortSignal;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Reads all of every member that is named. `memberOf` finds one by a name of the manifest's. */
export async function verifyManifest(
  source: RandomAccess,
  entries: readonly ManifestEntry[],
  memberOf: (name: string) => TarMember | undefined,
  refuse: Refuse,
  { signal, onProgress }: VerifyOptions,
): Promise<void> {
  const named = entries.map((entry) => {
    const member = memberOf(entry.name);
    if (!member) throw refuse(`its manifest names ${shown(entry.name)}, which is not in it`);
    return { ...entry, member };
  });
  // An entry that is there a hundred times would be read as often.
  const once = new Map(named.map((entry) => [`${entry.algorithm} ${entry.member.offset}`, entry]));
  if (once.size < named.length) throw refuse('its manifest names a file twice');
  const totalBytes = named.reduce((sum, { member }) => sum + member.sizeBytes, 0);
  let doneBytes = 0;
  for (const { algorithm, name, digest, member } of named) {
    const hash = createHash(algorithm);
    for (let at = 0; at < member.sizeBytes; at += readBytes) {
      signal?.throwIfAborted();
      const length = Math.min(readBytes, member.sizeBytes - at);
      hash.update(await source.read(member.offset + at, length));
      doneBytes += length;
      onProgress?.(doneBytes, totalBytes);
    }
    if (hash.digest('hex') !== digest) {
      throw refuse(`${shown(name)} is not what its manifest says: it was changed or damaged`);
    }
  }
}
