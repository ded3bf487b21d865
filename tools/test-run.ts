/**
 * Runs of node:test over files of this repository, beside each other, told as one: file by file,
 * with one summary at the end, and before it which files took longest and which most of the
 * processors, as far as they started it themselves: guests are told apart. For test.ts and soak.ts,
 * which say which files.
 */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** Of these files so many run at once; several parts go on beside each other. */
export interface Part {
  files: readonly string[];
  filesAtOnce: number;
  /**
   * Begun after `files`, as many in a process as here: to start one and to load the server into it
   * is as much work as most such files are. None of them may change what is its process's own.
   */
  together?: readonly string[][];
}

type Event = { type: string; data: Record<string, unknown> };

const root = path.dirname(import.meta.dirname);
const slowestTold = 10;
const loadedFirst = ['lighter-tests.ts', 'told-processor-time.ts'];
/** As bin/imago, and for its reason. */
const withoutLinks = '--preserve-symlinks';

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
  try {
    const events = Readable.from(told.eventsOf(parts, onOutput));
    await pipeline(events, new spec(), process.stdout, { end: false });
    return told.isWell;
  } finally {
    told.dispose();
  }
}

/** What runs tell, but for their own summaries: these become one. */
class Told {
  isWell = true;
  readonly #sums = new Map<string, number>();
  readonly #files: Took[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'imago-test-run-'));
  readonly #times = path.join(this.#folder, 'processors');
  readonly #busyBefore = busySeconds();

  constructor() {
    writeFileSync(this.#times, '');
    // Read by told-processor-time.ts.
    process.env.IMAGO_TEST_TIMES = this.#times;
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true });
  }

  async *eventsOf(parts: readonly Part[], onOutput: (text: string) => void): AsyncGenerator<Event> {
    const inProcesses = parts.map(({ files, together = [], filesAtOnce }) => ({
      files: [
        ...files.map((file) => path.join(root, file)),
        ...together.map((one) => this.#asOne(one)),
      ],
      filesAtOnce,
    }));
    for await (const events of merged(inProcesses.map(filesOf))) {
      for (const event of events) {
        if (this.#isOfSummary(event)) continue;
        if (event.type === 'test:stdout') onOutput(String(event.data.message));
        yield event;
      }
    }
    yield* this.#slowest();
    for (const [name, sum] of this.#sums) yield diagnostic(`${name} ${sum}`);
  }

  /** A file that is a suite of each: what one does before its tests it does before no other's. */
  #asOne(files: readonly string[]): string {
    const [first = ''] = files;
    const name = `${first.replaceAll('/', '-')} and ${files.length - 1} more`;
    const suites = files.map((file) => {
      const [suite, source] = [file, path.join(root, file)].map((text) => JSON.stringify(text));
      return `describe(${suite}, () => void load(${source}));`;
    });
    const entry = path.join(this.#folder, `${name}.mjs`);
    writeFileSync(
      entry,
      `import { createRequire } from 'node:module';
import { describe } from 'node:test';
const load = createRequire(import.meta.url);
${suites.join('\n')}
`,
    );
    return entry;
  }

  #isOfSummary({ type, data }: Event): boolean {
    if (type === 'test:summary') {
      if (data.success === false) this.isWell = false;
      if (typeof data.file !== 'string') return true;
      const file = named(data.file);
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
    yield* longestOf('the slowest files:', this.#files);
    const lines = readFileSync(this.#times, 'utf8').split('\n');
    const worked = lines.filter((line) => line !== '').map(tookOf);
    yield* longestOf('most of the processors:', worked);
    const byFiles = worked.reduce((sum, { seconds }) => sum + seconds, 0);
    const all = busySeconds() - this.#busyBefore;
    yield diagnostic(
      `processors worked for ${all.toFixed(0)} s, ${byFiles.toFixed(0)} of them for files, the others for guests and what else this host does`,
    );
  }
}

interface Took {
  file: string;
  seconds: number;
}

function tookOf(line: string): Took {
  const { file, seconds } = JSON.parse(line) as Took;
  return { file: named(file), seconds };
}

/** As it is told: those together have a name of their own, and no place here. */
const named = (file: string) =>
  file.startsWith(`${root}/`) ? path.relative(root, file) : path.basename(file, '.mjs');

function* longestOf(title: string, files: readonly Took[]): Generator<Event> {
  yield diagnostic(title);
  const longest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, slowestTold);
  for (const { file, seconds } of longest) yield diagnostic(`${seconds.toFixed(0)} s ${file}`);
}

/** All processors of this host, since it was started. */
function busySeconds(): number {
  const milliseconds = cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return milliseconds.reduce((sum, each) => sum + each, 0) / 1000;
}

/** What is told of each file, when it has ended. */
async function* filesOf({ files, filesAtOnce }: Part): AsyncGenerator<Event[]> {
  if (files.length === 0) return;
  const events: AsyncIterable<Event> = run({
    files: [...files],
    concurrency: filesAtOnce,
    execArgv: [
      withoutLinks,
      ...loadedFirst.flatMap((file) => ['--import', path.join(import.meta.dirname, file)]),
    ],
  });
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
