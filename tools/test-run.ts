/**
 * One run of node:test over files of this repository, so that there is one summary: for test.ts and
 * soak.ts, which say which files.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import path from 'node:path';

/** Guests under emulation take a core each: more files at once would only make them time out. */
const filesAtOnce = 2;
const root = path.dirname(import.meta.dirname);

/** Folder after folder those that end so, or of them those whose path contains one of the words. */
export function filesWith(
  ending: string,
  folders: readonly string[],
  words: readonly string[],
): string[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*${ending}`, { cwd: root }).sort())
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
}

export function startRun(
  files: readonly string[],
  options: { stdio: StdioOptions; env?: NodeJS.ProcessEnv },
): ChildProcess {
  return spawn(
    process.execPath,
    ['--test', '--test-reporter=spec', `--test-concurrency=${filesAtOnce}`, ...files],
    { cwd: root, ...options },
  );
}

/** Resolves with the exit code for this process. */
export async function endOf(run: ChildProcess): Promise<number> {
  if (run.exitCode === null && run.signalCode === null) await once(run, 'exit');
  return run.exitCode ?? 1;
}
