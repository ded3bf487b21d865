/**
 * Whether the users that QEMU and the data plane run as may pass through the folders that lead to
 * the home: below root's own closed folder each launch would fail, one after the other. It is tried
 * as that user, so that access lists count.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { UnprivilegedIdentity } from './foundations/unprivileged.ts';

export class HomeImpassableError extends Error {
  override name = 'HomeImpassableError';
  readonly barrier: string;
  readonly uid: number;

  readonly advice: string;

  constructor(folder: string, barrier: string, uid: number) {
    super(`Guests run as user ${uid}, who may not pass through ${barrier} to the home ${folder}.`);
    this.advice = `Name another with --home, such as /var/lib/imago, or let all pass: chmod o+x ${barrier}`;
    this.barrier = barrier;
    this.uid = uid;
  }
}

/** Throws HomeImpassableError. A home that is not made yet is judged by the folders that are. */
export function checkPassage(folder: string, identities: readonly UnprivilegedIdentity[]): void {
  const there = foldersTo(folder).filter((each) => existsSync(each));
  const deepest = there.at(-1) ?? '/';
  for (const identity of identities) {
    if (mayPass(deepest, identity)) continue;
    // At the end of a link first: the link itself bars nobody.
    const all = [...foldersTo(realpathSync(deepest)), ...there];
    const barrier = all.find((each) => !mayPass(each, identity)) ?? deepest;
    throw new HomeImpassableError(folder, barrier, identity.uid);
  }
}

/** From the root down to the folder itself. */
function foldersTo(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [...foldersTo(parent), folder];
}

function mayPass(folder: string, { uid, gid }: UnprivilegedIdentity): boolean {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const { status, error, stderr } = spawnSync('setpriv', [...user, '--', 'test', '-x', folder], {
    encoding: 'utf8',
  });
  if (status === 0) return true;
  if (status === 1 && stderr === '') return false;
  throw new Error(`user ${uid} cannot be tried: ${error?.message ?? stderr.trim()}`);
}
