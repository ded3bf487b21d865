/**
 * What is kept of metrics over a restart: a record an instance and five minutes, appended to the
 * file of its half day; three of those cover more than 24 hours, and older ones are removed. Nothing
 * depends on it, so nothing is synced, and a file that is torn is read as far as it is whole.
 *
 *   record: instance id (20 bytes), number of the five minutes (4), the figures (4 each, float)
 */
import { appendFile, mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { figures, spanMs, spansKept } from './series.ts';

export interface Sample {
  instanceId: string;
  span: number;
  values: Float32Array;
}

const idBytes = 20;
const recordBytes = idBytes + 4 + 4 * figures.length;
const spansOfFile = spansKept / 2;
const readAtOnce = 1024;

const fileName = /^(\d+)\.samples$/;
const instanceIdForm = /^i-[0-9a-f]{17}$/;

export class SampleFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of the last 24 hours, oldest first. */
  async *read(nowMs: number): AsyncGenerator<Sample> {
    const oldest = Math.floor(nowMs / spanMs) - spansKept;
    for (const number of (await this.#numbers()).sort((one, other) => one - other)) {
      for await (const sample of readFile(this.#file(number))) {
        if (sample.span >= oldest && sample.span * spanMs <= nowMs) yield sample;
      }
    }
  }

  async append(span: number, samples: readonly Omit<Sample, 'span'>[]): Promise<void> {
    if (samples.length === 0) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const number = Math.floor(span / spansOfFile);
    const file = this.#file(number);
    const size = await stat(file).then(
      (stats) => stats.size,
      () => 0,
    );
    // What an append that failed left of its last record.
    if (size % recordBytes) await truncate(file, size - (size % recordBytes));
    await appendFile(file, encode(span, samples), { mode: 0o600 });
    if (size === 0) await this.#removeBefore(number - 2);
  }

  async #removeBefore(first: number): Promise<void> {
    for (const number of await this.#numbers()) {
      if (number < first) await rm(this.#file(number), { force: true });
    }
  }

  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.flatMap((name) => {
      const number = fileName.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    });
  }

  #file(number: number): string {
    return path.join(this.#folder, `${number}.samples`);
  }
}

function encode(span: number, samples: readonly Omit<Sample, 'span'>[]): Buffer {
  const bytes = Buffer.alloc(samples.length * recordBytes);
  for (const [index, { instanceId, values }] of samples.entries()) {
    const start = index * recordBytes;
    bytes.write(instanceId, start, idBytes, 'latin1');
    bytes.writeUInt32LE(span, start + idBytes);
    for (const [at, value] of values.entries())
      bytes.writeFloatLE(value, start + idBytes + 4 + 4 * at);
  }
  return bytes;
}

async function* readFile(file: string): AsyncGenerator<Sample> {
  await using handle = await open(file);
  const bytes = Buffer.alloc(readAtOnce * recordBytes);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
    const whole = bytesRead - (bytesRead % recordBytes);
    for (let start = 0; start < whole; start += recordBytes) {
      const sample = decode(bytes.subarray(start, start + recordBytes));
      if (instanceIdForm.test(sample.instanceId)) yield sample;
    }
    if (whole === 0) return;
    position += whole;
  }
}

function decode(record: Buffer): Sample {
  const values = Float32Array.from(figures, (_, at) => record.readFloatLE(idBytes + 4 + 4 * at));
  return {
    instanceId: record.toString('latin1', 0, idBytes).replace(/\0+$/, ''),
    span: record.readUInt32LE(idBytes),
    values,
  };
}
