/**
 * Runs every test, or those whose path contains one of the arguments: the quick ones beside the sources first, then what crosses
 * processes, then real guests. One run of node:test, so that there is one summary.
 *
 *   npm test                 all
 *   tools/node24 tools/test.ts server/catalog test/vm/micro
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';

/** Guests under emulation take a core each: more files at once would only make them time out. */
const filesAtOnce = 2;
const root = path.dirname(import.meta.dirname);
const order = ['api', 'server', 'cli', 'tools', 'bench', 'test'];

const wanted = process.argv.slice(2);
const files = order
  .flatMap((folder) => globSync(`${folder}/**/*.test.ts`, { cwd: root }).sort())
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));

if (files.length === 0) {
  console.error(`No test file has ${wanted.join(' or ')} in its path.`);
  process.exitCode = 2;
} else {
  const child = spawn(
    process.execPath,
    ['--test', '--test-reporter=spec', `--test-concurrency=${filesAtOnce}`, ...files],
    { cwd: root, stdio: 'inherit' },
  );
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
