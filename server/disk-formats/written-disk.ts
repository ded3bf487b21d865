/**
 * A disk as writers of formats take it: unit after unit, of which those of zeros are left out. What
 * the disk knows to be zeros is not read, and what comes next is read while the last is written.
 */
import type { Disk } from '../disk/disk.ts';

/**
 * Where a writer's file goes. What is never written below the end reads as zeros and takes no room.
 * An open file is one. Writers go from the front to the back and write nothing twice; what stands
 * before something that shows only later, such as a header, is left room and written then.
 */
export interface DiskSink {
  write(bytes: Buffer, position: number): Promise<void>;
  /** The file is so long. Called once, before the end. */
  truncate(sizeBytes: number): Promise<void>;
}

export interface WriteOptions {
  signal?: AbortSignal;
  /** Of the disk's bytes. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface Unit {
  index: number;
  /** Always a whole unit, zeros beyond the end of the disk; not to be changed. */
  bytes: Buffer;
}

/** A read at least, and at most where a unit is not larger. */
const readBytes = 2 * 1024 ** 2;
/** How much of a disk is asked for its zeros at once. */
const extentsBytes = 1024 ** 3;
/** Reads under way: one is being written, the others wait on the block store. */
const readsAhead = 3;

/** The units of a disk that are not zeros, in order. */
export async function* unitsOf(
  disk: Disk,
  unitBytes: number,
  { signal, onProgress }: WriteOptions = {},
): AsyncGenerator<Unit> {
  const zeros = Buffer.alloc(unitBytes);
  for await (const { offset, bytes } of readAhead(disk, unitBytes)) {
    signal?.throwIfAborted();
    for (let at = 0; at < bytes.length; at += unitBytes) {
      const part = bytes.subarray(at, at + unitBytes);
      const whole = part.length === unitBytes ? part : Buffer.concat([part], unitBytes);
      if (!whole.equals(zeros)) yield { index: (offset + at) / unitBytes, bytes: whole };
    }
    onProgress?.(offset + bytes.length, disk.sizeBytes);
  }
  onProgress?.(disk.sizeBytes, disk.sizeBytes);
}

interface Read {
  offset: number;
  bytes: Buffer;
}

async function* readAhead(disk: Disk, unitBytes: number): AsyncGenerator<Read> {
  const reads: Promise<Read>[] = [];
  const startRead = (offset: number, length: number) => {
    const read = disk.pread(offset, length).then((bytes) => ({ offset, bytes }));
    // It is waited for in its turn; that it fails before is no crash.
    read.catch(() => {});
    reads.push(read);
  };
  try {
    for await (const range of rangesOf(disk, unitBytes)) {
      startRead(range.offset, range.length);
      if (reads.length > readsAhead) yield (await reads.shift()) as Read;
    }
    for (let next = reads.shift(); next; next = reads.shift()) yield await next;
  } finally {
    // Nobody reads on from a disk that its owner closes.
    await Promise.allSettled(reads);
  }
}

/** Ranges of whole units in which there may be something else than zeros. */
async function* rangesOf(
  disk: Disk,
  unitBytes: number,
): AsyncGenerator<{ offset: number; length: number }> {
  const most = Math.max(unitBytes, readBytes - (readBytes % unitBytes));
  let done = 0;
  for await (const { start, end } of dataOf(disk)) {
    const first = Math.max(done, start - (start % unitBytes));
    const last = Math.min(disk.sizeBytes, Math.ceil(end / unitBytes) * unitBytes);
    for (let offset = first; offset < last; offset += most) {
      yield { offset, length: Math.min(most, last - offset) };
    }
    done = Math.max(done, last);
  }
}

async function* dataOf(disk: Disk): AsyncGenerator<{ start: number; end: number }> {
  const { sizeBytes } = disk;
  if (!disk.extents) {
    yield { start: 0, end: sizeBytes };
    return;
  }
  for (let window = 0; window < sizeBytes; window += extentsBytes) {
    let at = window;
    for (const { length, zero } of await disk.extents(
      window,
      Math.min(extentsBytes, sizeBytes - window),
    )) {
      if (!zero) yield { start: at, end: at + length };
      at += length;
    }
  }
}

/**
 * What becomes of each unit, in their order, some of them being worked on at once: compression goes
 * on in other threads.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const under: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => {});
      under.push(result);
      if (under.length >= atOnce) yield (await under.shift()) as R;
    }
    for (let next = under.shift(); next; next = under.shift()) yield await next;
  } finally {
    await Promise.allSettled(under);
  }
}

/**
 * Has a writer write to a sink of which one write at a time is under way while the writer goes on:
 * what comes next is read and compressed meanwhile. When it ends, none is under way any more.
 */
export async function writeBehind<T>(
  sink: DiskSink,
  write: (behind: DiskSink) => Promise<T>,
): Promise<T> {
  let underWay = Promise.resolve();
  const then = async (work: () => Promise<void>) => {
    await underWay;
    underWay = work();
    // It is told at the next, or at the end.
    underWay.catch(() => {});
  };
  try {
    const result = await write({
      write: (bytes, position) => then(() => sink.write(bytes, position)),
      truncate: (sizeBytes) => then(() => sink.truncate(sizeBytes)),
    });
    await underWay;
    return result;
  } finally {
    await Promise.allSettled([underWay]);
  }
}

/** Bytes of any places, ascending: those that lie one behind the other are one write. */
export class Runs {
  readonly #sink: DiskSink;
  #run: Buffer[] = [];
  #start = 0;
  #end = 0;

  constructor(sink: DiskSink) {
    this.#sink = sink;
  }

  /** Where the last one ended. */
  get end(): number {
    return this.#end;
  }

  /** The bytes must stay as they are until they are flushed. */
  async put(bytes: Buffer, position = this.#end): Promise<void> {
    if (position !== this.#end || this.#end - this.#start >= writeMaxBytes) await this.flush();
    if (this.#run.length === 0) this.#start = position;
    const last = this.#run.pop();
    if (last) this.#run.push(...joined(last, bytes));
    else this.#run.push(bytes);
    this.#end = position + bytes.length;
  }

  /** Nothing is written there: the next one begins at a multiple. */
  async align(multiple: number): Promise<void> {
    const aligned = Math.ceil(this.#end / multiple) * multiple;
    if (aligned === this.#end) return;
    await this.put(Buffer.alloc(0), aligned);
  }

  async flush(): Promise<void> {
    const run = this.#run;
    this.#run = [];
    const bytes = run.length === 1 ? (run[0] as Buffer) : Buffer.concat(run);
    if (bytes.length > 0) await this.#sink.write(bytes, this.#start);
  }
}

const writeMaxBytes = 2 * 1024 ** 2;

/** Units of one read lie one behind the other in memory, too: then nothing has to be copied. */
function joined(last: Buffer, next: Buffer): Buffer[] {
  const { buffer, byteOffset, length } = last;
  const isNext = next.buffer === buffer && next.byteOffset === byteOffset + length;
  return isNext ? [Buffer.from(buffer, byteOffset, length + next.length)] : [last, next];
}
