/**
 * A year of daily backups of one machine, by the store, the rules and the collector that work in
 * earnest, beside restic on the same file: 365 generations, of which each has one block of 512 KiB
 * in a hundred anew, at random places; half of the disk and of what is new is random bytes, half
 * compresses to about a half. Then both forget by 7 daily, 5 weekly and 12 monthly, and remove what
 * is not needed; what is left is read and compared with what was backed up on its day.
 * The clock is simulated. Goals: no more bytes than restic, forget and collection in 60 s.
 *   node bench/year.bench.ts [--mib 256] [--days 365] [--pages] [--alone]
 * With --pages each changed block has one run of 64 KiB anew, at a place of 4 KiB, and eight times
 * as many blocks change; with --alone restic is left out, whose year takes many minutes.
 */
import { execFile } from 'node:child_process';
import { createHash, randomFillSync, randomInt } from 'node:crypto';
import { type FileHandle, mkdir, mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readBlockMap } from '../server/blocks/block-map.ts';
import { blockSizeBytes, type Digest } from '../server/blocks/block-store.ts';
import { BlockThreads } from '../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { fsck } from '../server/blocks/fsck.ts';
import { createMemoryCatalog } from '../server/catalog/memory/memory-catalog.ts';
import { snapshot } from '../server/catalog/test-rows.ts';
import { collectBlocks } from '../server/collection/collector.ts';
import { Pace } from '../server/collection/pace.ts';
import { noDrafts } from '../server/collection/test-rows.ts';
import { openRawFileDisk } from '../server/disk/raw-file-disk.ts';
import { uploadDisk } from '../server/disk/upload-layers.ts';
import { forgetBackups } from '../server/domain/backups/forget.ts';
import { load } from './figures.ts';
import { findPeers } from './store/peers.ts';
import { printTable, type Row, secondsOf } from './store/row.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '256' },
    days: { type: 'string', default: '365' },
    pages: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
  },
});
const days = Number(values.days);
const blockCount = (Number(values.mib) * 2 ** 20) / blockSizeBytes;
const changedShare = 0.01;
const runBytes = values.pages ? 65_536 : blockSizeBytes;
const changesADay = Math.round((blockCount * changedShare * blockSizeBytes) / runBytes);
const pageBytes = 4096;
const rules = { daily: 7, weekly: 5, monthly: 12 };
const goalSeconds = 60;
const firstDay = Date.UTC(2026, 0, 1, 3);
const owner = { account: '111111111111', region: 'us-east-1' };
const sourceId = 'vol-0123456789abcdef0';

const timeOf = (day: number) => new Date(firstDay + day * 24 * 60 * 60_000);

/** Random, or as text of which half is redundant. */
function fresh(bytes: number, isText: boolean): Buffer {
  const random = randomFillSync(Buffer.allocUnsafe(isText ? bytes / 2 : bytes));
  return isText ? Buffer.from(random.toString('hex'), 'latin1') : random;
}

/** What each block is after a day; nothing of it comes from the store. */
class Machine {
  readonly file: string;
  readonly #handle: FileHandle;
  /** By block, the days on which it was changed and its digest since. */
  readonly #history: { day: number; digest: Digest }[][] = [];

  constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  async fill(): Promise<void> {
    for (let index = 0; index < blockCount; index++) {
      await this.#write(index, 0, fresh(blockSizeBytes, index % 2 === 0), 0);
    }
  }

  /** Answers which blocks are others. */
  async change(day: number): Promise<number[]> {
    const changed = new Set<number>();
    while (changed.size < Math.min(changesADay, blockCount)) changed.add(randomInt(blockCount));
    for (const index of changed) {
      const places = (blockSizeBytes - runBytes) / pageBytes + 1;
      const at = randomInt(places) * pageBytes;
      await this.#write(index, at, fresh(runBytes, randomInt(2) === 0), day);
    }
    return [...changed].sort((one, other) => one - other);
  }

  digestOn(day: number, index: number): Digest | undefined {
    return this.#history[index]?.findLast((each) => each.day <= day)?.digest;
  }

  async #write(index: number, at: number, bytes: Buffer, day: number): Promise<void> {
    const start = index * blockSizeBytes;
    await this.#handle.write(bytes, 0, bytes.length, start + at);
    const block = Buffer.alloc(blockSizeBytes);
    await this.#handle.read(block, 0, block.length, start);
    const digest = createHash('sha256').update(block).digest('hex');
    this.#history[index] = [...(this.#history[index] ?? []), { day, digest }];
  }
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const status = await stat(path.join(folder, name));
    if (status.isFile()) bytes += status.size;
  }
  return bytes;
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-year-'));
try {
  const rows = await measure();
  console.log(`\n${days} days of ${values.mib} MiB, ${changesADay} changes a day, ${load()}\n`);
  printTable(rows);
} finally {
  await rm(folder, { recursive: true });
}

async function measure(): Promise<Row[]> {
  const hasRestic = !values.alone && (await findPeers(['restic'])).has('restic');
  const [ours, theirs] = [path.join(folder, 'blocks'), path.join(folder, 'restic')];
  await mkdir(theirs);
  const env = { ...process.env, RESTIC_PASSWORD: 'bench', HOME: folder };
  const restic = async (...argv: string[]) => {
    if (hasRestic) await run('restic', ['-q', '-r', theirs, ...argv], { env });
  };
  await restic('init');
  const store = await FsBlockStore.open(ours, { work: new BlockThreads() });
  const catalog = createMemoryCatalog();
  const file = path.join(folder, 'machine.raw');
  await using handle = await open(file, 'wx+');
  const machine = new Machine(file, handle);
  const seconds = { ours: 0, theirs: 0 };
  let base: Digest | undefined;
  for (let day = 0; day < days; day++) {
    const indexes = day === 0 ? undefined : await machine.change(day);
    if (day === 0) await machine.fill();
    seconds.ours += await secondsOf(async () => {
      const disk = await openRawFileDisk(file);
      const { root } = await uploadDisk({ store, disk, indexes, base });
      await disk.close();
      base = root;
      const id = `snap-${String(day).padStart(8, '0')}`;
      const createdAt = timeOf(day).toISOString();
      const row = snapshot(id, { root, createdAt, ...owner, backup: { sourceId } });
      await catalog.write(({ snapshots }) => snapshots.insert(row));
    });
    const time = timeOf(day).toISOString().slice(0, 19).replace('T', ' ');
    seconds.theirs += await secondsOf(() => restic('backup', '--time', time, file));
    if (day % 50 === 0) console.log(`day ${day}, ${load()}`);
  }
  const year = { ours: await bytesIn(ours), theirs: await bytesIn(theirs) };

  const collect = {
    ...{ blocks: store, catalog, drafts: noDrafts },
    clock: { now: () => timeOf(days), monotonicMs: () => 0 },
  };
  const forgetting = await secondsOf(async () => {
    const asked = { sourceId, rules };
    await catalog.write((transaction) => forgetBackups(transaction, owner, asked, timeOf(days)));
    for (const _ of ['condemned', 'removed']) {
      await collectBlocks(collect, { graceMs: 0, pace: new Pace(0) });
    }
  });
  const keep = ['--keep-daily', '7', '--keep-weekly', '5', '--keep-monthly', '12'];
  const resticForgetting = await secondsOf(() => restic('forget', ...keep, '--prune'));
  const left = { ours: await bytesIn(ours), theirs: await bytesIn(theirs) };
  const kept = await catalog.read(({ snapshots }) => snapshots.list());
  let wrong = 0;
  for (const { id, root } of kept) {
    const map = await readBlockMap(store, root ?? '');
    for (let index = 0; index < blockCount; index++) {
      const digest = machine.digestOn(Number(id.slice('snap-'.length)), index);
      if ((await map.lookup(index)) !== digest) wrong++;
    }
  }
  const roots = kept.map(({ root }) => root ?? '');
  for await (const { kind } of fsck({ store, roots })) if (kind !== 'summary') wrong++;
  await store.close();
  await restic('check', '--read-data');
  return rowsOf({ seconds, year, left, forgetting, resticForgetting, kept: kept.length, wrong });
}

interface Measured {
  seconds: { ours: number; theirs: number };
  year: { ours: number; theirs: number };
  left: { ours: number; theirs: number };
  forgetting: number;
  resticForgetting: number;
  kept: number;
  wrong: number;
}

function rowsOf(measured: Measured): Row[] {
  const { seconds, year, left, forgetting, resticForgetting, kept, wrong } = measured;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const bytes = (what: string, { ours, theirs }: Measured['year']): Row => ({
    ...{ what, ours: mb(ours) },
    ...(theirs > 0
      ? { peer: `${mb(theirs)} restic`, ratio: theirs / ours, goal: 1 }
      : { peer: '' }),
  });
  return [
    bytes('stored, all generations', year),
    bytes('stored, after forgetting', left),
    {
      what: 'forget and collection',
      ours: `${forgetting.toFixed(1)} s`,
      peer: `at most ${goalSeconds} s; restic ${resticForgetting.toFixed(1)} s`,
      goal: forgetting <= goalSeconds,
    },
    {
      what: `${kept} kept ones, read and compared`,
      ours: `${wrong} wrong`,
      peer: 'none wrong',
      goal: wrong === 0,
    },
    {
      what: 'all backups',
      ours: `${seconds.ours.toFixed(0)} s`,
      peer: `${seconds.theirs.toFixed(0)} s restic, which reads all of the disk each time`,
    },
  ];
}
