/**
 * The blocks of a push: which differ from what the remote has, what they are in plain, and the
 * passing through them, several at a time, that goes on where it was cut off.
 */
import { readBlockMap } from '../blocks/block-map.ts';
import {
  type BlockReader,
  blockSizeBytes,
  type Digest,
  digestOf,
  zeroBlock,
} from '../blocks/block-store.ts';
import { diffBlockMaps } from '../blocks/diff-block-maps.ts';
import { SealedBlockReader } from '../blocks/sealed-blocks.ts';
import type { PushedSnapshot } from '../domain/backups/pushed-backup.ts';
import type { KnownParent } from '../domain/backups/remote-copies.ts';
import type { PushInput } from '../domain/backups/remote-transfers.ts';
import type { FarStarted } from '../remotes/ebs-direct.ts';
import { TransferProgress } from './remote-work.ts';
import { sealKeyFor } from './stored-disk.ts';
import type { StepContext, TaskServices } from './task.ts';

export interface Begun extends FarStarted {
  parent?: KnownParent;
  /** That differ from the parent. */
  blocks: number;
}

type BlocksContext = StepContext<PushInput, { start: Begun[] }>;

/** Of a step that goes through all blocks: what is done of it. */
interface Checkpoint {
  snapshot: number;
  nextIndex: number;
  doneBlocks: number;
}

const inFlight = 8;
export const zeroDigest = digestOf(zeroBlock);

export interface Difference {
  index: number;
  /** As it is stored; null for zeros. */
  digest: Digest | null;
}

export async function* differences(
  { blocks }: TaskServices,
  { region, root }: PushedSnapshot,
  parent: KnownParent | undefined,
  from = 0,
): AsyncGenerator<Difference> {
  const store = blocks.of(region);
  if (!parent) {
    const map = await readBlockMap(store, root);
    for await (const each of map.entries()) if (each.index >= from) yield each;
    return;
  }
  for await (const { index, after } of diffBlockMaps(store, parent.root, root)) {
    if (index >= from) yield { index, digest: after };
  }
}

/** Plain, as the guest had it. */
export class PlainBlocks {
  readonly #reader: BlockReader;
  readonly #isSealed: boolean;

  private constructor(reader: BlockReader, isSealed: boolean) {
    this.#reader = reader;
    this.#isSealed = isSealed;
  }

  static async of(services: TaskServices, { region, encryption }: PushedSnapshot) {
    const store = services.blocks.of(region);
    const key = await sealKeyFor(services, encryption);
    const reader = key ? new SealedBlockReader(store, key, services.sealing) : store;
    return new PlainBlocks(reader, key !== undefined);
  }

  async get(digest: Digest | null): Promise<{ block: Buffer; digest: Digest }> {
    if (digest === null) return { block: zeroBlock, digest: zeroDigest };
    const block = await this.#reader.get(digest);
    return { block, digest: this.#isSealed ? digestOf(block) : digest };
  }

  async digestOf(digest: Digest | null): Promise<Digest> {
    if (digest === null) return zeroDigest;
    return this.#isSealed ? (await this.get(digest)).digest : digest;
  }
}

type Done = (index: number) => Promise<void>;

/** Goes through the blocks of all snapshots, from where an earlier try was cut off. */
export async function eachBlock(
  { services, task, input, outputs }: BlocksContext,
  work: (snapshot: PushedSnapshot, begun: Begun, from: number, done: Done) => Promise<void>,
): Promise<void> {
  const row = await services.catalog.read(({ tasks }) => tasks.get(task.id));
  const before = row?.checkpoint as Checkpoint | undefined;
  const blocks = outputs.start.reduce((sum, each) => sum + each.blocks, 0);
  const about = { transferId: input.transferId, totalBytes: blocks * blockSizeBytes };
  const progress = new TransferProgress(services, task, about);
  let doneBlocks = before?.doneBlocks ?? 0;
  for (const [number, snapshot] of input.snapshots.entries()) {
    const begun = outputs.start[number];
    if (!begun || number < (before?.snapshot ?? 0)) continue;
    const from = number === before?.snapshot ? before.nextIndex : 0;
    await work(snapshot, begun, from, async (index) => {
      doneBlocks++;
      const checkpoint: Checkpoint = { snapshot: number, nextIndex: index + 1, doneBlocks };
      await progress.tell(doneBlocks * blockSizeBytes, checkpoint);
    });
  }
}

/** Several at a time; `done` is told of each when it and all before it are. */
export async function inOrder<Item extends { index: number }>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<void>,
  done: Done,
): Promise<void> {
  const running: { index: number; work: Promise<void> }[] = [];
  const settleFirst = async () => {
    const first = running.shift();
    await first?.work;
    if (first) await done(first.index);
  };
  try {
    for await (const item of items) {
      const begun = work(item);
      // It is waited for in its turn.
      begun.catch(() => {});
      running.push({ index: item.index, work: begun });
      if (running.length >= inFlight) await settleFirst();
    }
    while (running.length > 0) await settleFirst();
  } finally {
    await Promise.allSettled(running.map((each) => each.work));
  }
}

interface Joined {
  index: number;
  /** Absent: it is not listed, which for zeros is right where there was nothing before. */
  far?: { index: number; token?: string };
}

/** Both by ascending index. */
export async function* joined(
  wanted: AsyncGenerator<{ index: number }>,
  listed: AsyncGenerator<{ index: number; token?: string }>,
): AsyncGenerator<Joined> {
  let [want, far] = [await wanted.next(), await listed.next()];
  while (!want.done || !far.done) {
    const index = Math.min(
      want.done ? Number.POSITIVE_INFINITY : want.value.index,
      far.done ? Number.POSITIVE_INFINITY : far.value.index,
    );
    const isListed = !far.done && far.value.index === index;
    yield { index, ...(isListed && { far: far.value }) };
    if (!want.done && want.value.index === index) want = await wanted.next();
    if (isListed) far = await listed.next();
  }
}

/**
 * What is not listed as changed is what the parent has: that is looked up in the list of all, which
 * is read no further than it is needed.
 */
export async function* found(
  pairs: AsyncGenerator<Joined>,
  all: AsyncGenerator<{ index: number; token?: string }>,
): AsyncGenerator<Joined> {
  let next: Awaited<ReturnType<typeof all.next>> | undefined;
  for await (const pair of pairs) {
    if (pair.far) {
      yield pair;
      continue;
    }
    next ??= await all.next();
    while (!next.done && next.value.index < pair.index) next = await all.next();
    const isThere = !next.done && next.value.index === pair.index;
    yield { index: pair.index, ...(isThere && { far: next.value }) };
  }
}
