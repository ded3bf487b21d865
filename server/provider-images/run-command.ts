/**
 * Runs one build tool to its end: argv only, never a shell; output goes to a log line by line, the
 * last lines of it into the error. The environment is inherited untouched; what a tool needs set is
 * given through env(1).
 */
import { spawn } from 'node:child_process';

export interface CommandOptions {
  cwd?: string;
  /** Written to standard input; without it the command gets none. */
  input?: string;
  /**
   * Set for this command on top of the inherited ones; not for secrets: for a moment they are
   * arguments of env(1).
   */
  variables?: Record<string, string>;
  signal?: AbortSignal;
  onLine?(line: string): void;
}

/** Enough of a failed tool's last words to see why, few enough to fit an error message. */
const lastLinesInError = 8;

/** A tool may print file contents or package lists, never more than this. */
const outputMaxBytes = 64 * 1024 * 1024;

/** A tool ended with an exit code other than 0, or by a signal. */
export class CommandFailed extends Error {
  override name = 'CommandFailed';
}

/**
 * Resolves with standard output; rejects with an error that names the command and quotes its last
 * lines.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Buffer> {
  const variables = Object.entries({ LC_ALL: 'C', ...options.variables });
  const child = spawn(
    '/usr/bin/env',
    [...variables.map(([name, value]) => `${name}=${value}`), command, ...args],
    {
      cwd: options.cwd,
      signal: options.signal,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  );
  const output: Buffer[] = [];
  const lastLines: string[] = [];
  let outputBytes = 0;
  let partialLine = '';
  const takeLines = (chunk: Buffer) => {
    const lines = (partialLine + chunk.toString('utf8')).split(/[\r\n]+/);
    partialLine = lines.pop() ?? '';
    for (const line of lines.filter((text) => text.trim() !== '')) {
      lastLines.push(line);
      if (lastLines.length > lastLinesInError) lastLines.shift();
      options.onLine?.(line);
    }
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes > outputMaxBytes) child.kill();
    else output.push(chunk);
  });
  child.stderr?.on('data', takeLines);
  // The tool ended without reading it all: its exit code says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signalName) => resolve(exitCode ?? signalName ?? 'unknown'));
  });
  if (code === 0) return Buffer.concat(output);
  const lastWords = [...lastLines, partialLine].filter((line) => line !== '').join('\n');
  throw new CommandFailed(`${command} ${args[0] ?? ''} failed (${code}): ${lastWords}`.trim());
}
