/**
 * What a build tells: lines with their times in a file of its own, bounded in length and in number.
 * It is told, not recorded: what a power cut takes of it is missing, and nothing else.
 */
import { appendFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../domain/identity.ts';
import type { Home } from '../../foundations/home.ts';

const logMaxBytes = 8 * 1024 * 1024;
const logsKept = 200;
/** A line without an end is cut here. */
const lineMaxChars = 4000;

export class BuildLog {
  readonly #file: string;
  readonly #clock: Clock;
  #bytes: number;
  #tail: Promise<unknown> = Promise.resolve();
  #line = '';

  private constructor(file: string, clock: Clock, bytes: number) {
    this.#file = file;
    this.#clock = clock;
    this.#bytes = bytes;
  }

  /** Goes on where an Imago before this one has ended. */
  static async open(home: Home, taskId: string, clock: Clock): Promise<BuildLog> {
    const file = home.buildLogFile(taskId);
    await mkdir(home.buildLogsFolder, { recursive: true });
    const bytes = await stat(file).then(
      ({ size }) => size,
      () => -1,
    );
    if (bytes < 0) await removeOldest(home.buildLogsFolder);
    return new BuildLog(file, clock, Math.max(bytes, 0));
  }

  /** A whole line, or several. */
  tell(text: string): void {
    this.#end();
    for (const line of text.split('\n')) this.#append(line);
  }

  /** Of a stream: lines end where it says so. */
  write(text: string): void {
    const lines = (this.#line + text).split(/\r\n|\n|\r/);
    this.#line = lines.pop() ?? '';
    if (this.#line.length > lineMaxChars) this.#end();
    // Programs that draw over their line leave many that are empty.
    for (const line of lines) if (line.trim() !== '') this.#append(line);
  }

  /** Resolves when all is in the file. */
  async flush(): Promise<void> {
    this.#end();
    await this.#tail;
  }

  #end(): void {
    const line = this.#line;
    this.#line = '';
    if (line !== '') this.#append(line);
  }

  #append(line: string): void {
    if (this.#bytes >= logMaxBytes) return;
    const time = this.#clock.now().toISOString();
    let text = `${time} ${line.slice(0, lineMaxChars)}\n`;
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes >= logMaxBytes) text = `${time} The log is full: what follows is left out\n`;
    // What cannot be written is missing.
    this.#tail = this.#tail.then(() =>
      appendFile(this.#file, text, { mode: 0o600 }).catch(() => {}),
    );
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length < logsKept) return;
  const files = names.map((name) => path.join(folder, name));
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => ({ file, mtimeMs }),
        () => ({ file, mtimeMs: 0 }),
      ),
    ),
  );
  times.sort((a, b) => b.mtimeMs - a.mtimeMs);
  for (const { file } of times.slice(logsKept - 1)) await rm(file, { force: true });
}
