/**
 * The identity that QEMU and the data plane drop to where Imago runs as root: a system user `imago` if the operator made
 * one, else a numeric id that needs no account (from systemd's unused range, so that nothing else owns files with it), else `nobody`
 * where that id is not mapped (user namespaces). `undefined` where Imago is an ordinary user already.
 */
import { readFileSync } from 'node:fs';

export interface UnprivilegedIdentity {
  uid: number;
  gid: number;
}

const unnamedId = 1_900_000_773;
const nobodyId = 65_534;

export function unprivilegedIdentity(): UnprivilegedIdentity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('imago:'))
    ?.split(':');
  if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  const id = isMapped(unnamedId) ? unnamedId : nobodyId;
  return { uid: id, gid: id };
}

function isMapped(id: number): boolean {
  return readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .some((line) => {
      const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return id >= inside && id < inside + count;
    });
}
