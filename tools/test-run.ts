/**
 * Runs of node:test over files of this repository, beside each other, told as one: file by file, with one summary at the end, and before it which files took longest. For test.ts
 * and soak.ts, which say which files.
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Of these files so many run at once; several parts go on beside each other. */
export interface Part {
  files: readonly string[];
  filesAtOnce: number;
}

type Event = { type: string; data: Record<string, unknown> };

const root = path.dirname(import.meta.dirname);
const slowestTold = 10;

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

/** Answers whether all went well. What the files write themselves is given to `onOutput` too. */
export async function runTests(
  parts: readonly Part[],
  onOutput: (text: string) => void = () => {},
): Promise<boolean> {
  const told = new Told();
  const events = Readable.from(told.eventsOf(parts, onOutput));
  await pipeline(events, new spec(), process.stdout, { end: false });
  return told.isWell;
}

/** What runs tell, but for their own summaries: these become one. */
class Told {
  isWell = true;
  readonly #sums = new Map<string, number>();
  readonly #files: { file: string; seconds: number }[] = [];

  async *eventsOf(parts: readonly Part[], onOutput: (text: string) => void): AsyncGenerator<Event> {
    for await (const events of merged(parts.map(filesOf))) {
      for (const event of events) {
        if (this.#isOfSummary(event)) continue;
        if (event.type === 'test:stdout') onOutput(String(event.data.message));
        yield event;
      }
    }
    yield* this.#slowest();
    for (const [name, sum] of this.#sums) yield diagnostic(`${name} ${sum}`);
  }

  #isOfSummary({ type, data }: Event): boolean {
    if (type === 'test:summary') {
      if (data.success === false) this.isWell = false;
      if (typeof data.file !== 'string') return true;
      const file = path.relative(root, data.file);
      this.#files.push({ file, seconds: Number(data.duration_ms) / 1000 });
      return false;
    }
    if (type !== 'test:diagnostic' || data.nesting !== 0 || data.file !== undefined) return false;
    const [, name, count] = /^(\w+) ([\d.]+)$/.exec(String(data.message)) ?? [];
    if (name === undefined) return false;
    const before = this.#sums.get(name) ?? 0;
    // They go on beside each other.
    const isTime = name === 'duration_ms';
    this.#sums.set(name, isTime ? Math.max(before, Number(count)) : before + Number(count));
    return true;
  }

  *#slowest(): Generator<Event> {
    if (this.#files.length <= slowestTold) return;
    yield diagnostic('the slowest files:');
    const slowest = this.#files.sort((a, b) => b.seconds - a.seconds).slice(0, slowestTold);
    for (const { file, seconds } of slowest) yield diagnostic(`${seconds.toFixed(0)} s ${file}`);
  }
}

/** What is told of each file, when it has ended. */
async function* filesOf({ files, filesAtOnce }: Part): AsyncGenerator<Event[]> {
  if (files.length === 0) return;
  const absolute = files.map((file) => path.join(root, file));
  const events: AsyncIterable<Event> = run({ files: absolute, concurrency: filesAtOnce });
  let told: Event[] = [];
  for await (const event of events) {
    told.push(event);
    if (event.type !== 'test:summary') continue;
    yield told;
    told = [];
  }
  yield told;
}

/** Whatever comes first from any of them. */
async function* merged<T>(sources: AsyncGenerator<T>[]): AsyncGenerator<T> {
  const next = async (source: AsyncGenerator<T>) => ({ source, result: await source.next() });
  const waiting = new Map(sources.map((source) => [source, next(source)]));
  while (waiting.size > 0) {
    const { source, result } = await Promise.race(waiting.values());
    if (result.done) {
      waiting.delete(source);
      continue;
    }
    waiting.set(source, next(source));
    yield result.value;
  }
}

function diagnostic(message: string): Event {
  return { type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } };
}
