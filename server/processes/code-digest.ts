/**
 * A digest of the code that a process runs: its main file, all that it leads to, and the runtime.
 * Two processes with the same digest are the same program, whatever the package's version says.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Imports, and files that are named to be loaded later (worker threads). */
const namedFile = /['"](\.{1,2}\/[^'"\s]+\.(?:ts|js))['"]/g;

export function codeDigest(mainFile: string): string {
  const hash = createHash('sha256').update(process.version);
  const root = path.dirname(mainFile);
  for (const [file, text] of [...codeOf(mainFile)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${path.relative(root, file)}\0`).update(text);
  }
  return hash.digest('hex').slice(0, 32);
}

/** Every file of the program and what is in it. */
export function codeOf(mainFile: string): Map<string, string> {
  const texts = new Map<string, string>();
  const waiting = [mainFile];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (texts.has(file)) continue;
    const text = readFileSync(file, 'utf8');
    texts.set(file, text);
    for (const [, name = ''] of text.matchAll(namedFile)) {
      const next = path.resolve(path.dirname(file), name);
      if (existsSync(next)) waiting.push(next);
    }
  }
  return texts;
}
