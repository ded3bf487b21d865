/**
 * What a draft comes to: the block map of all that was put, over its base, and the checksum of it.
 * The journal is read several times, a few leaves of the map at a time, so that memory does not
 * grow with the volume.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import {
  type LeafChanges,
  type WrittenBlockMap,
  writeBlockMapByLeaves,
} from '../blocks/block-map.ts';
import type { BlockWriter, Digest } from '../blocks/block-store.ts';
import { blocksPerLeaf, digestBytes, leafDigest } from '../blocks/map-pages.ts';
import type { UploadCompletion } from '../catalog/rows/snapshot.ts';
import { type Draft, zeroDigest } from './draft.ts';
import type { PutRecords } from './draft-journal.ts';

/** Of 512 KiB each. */
const leavesAtOnce = 32;

/** Of a closed draft. Puts the pages, which the caller commits. */
export function writeDraftMap(
  draft: Draft,
  writer: BlockWriter,
  volume: { sizeBytes: number; base?: Digest },
): Promise<WrittenBlockMap> {
  return writeBlockMapByLeaves(writer, volume, changesOf(draft, digestOf));
}

/** Throws where not all was put that the client believes was. */
export async function checkCompletion(
  draft: Draft,
  { changedBlocks, checksum }: UploadCompletion,
): Promise<void> {
  if (draft.written.count !== changedBlocks) {
    throw new ServiceError(
      'InvalidParameterValue',
      `ChangedBlocksCount is ${changedBlocks}, but ${draft.written.count} blocks were put.`,
    );
  }
  if (checksum === undefined || (await linearChecksum(draft)) === checksum) return;
  throw new ServiceError(
    'InvalidParameterValue',
    'Checksum is not that of the checksums of the blocks that were put, in order of their index.',
  );
}

/** As EBS aggregates it: of the digests of plain bytes, by ascending index. In base64. */
async function linearChecksum(draft: Draft): Promise<string> {
  const hash = createHash('sha256');
  const { seal } = draft;
  for await (const [, changes] of changesOf(draft, seal ? checksumOf : digestOf)) {
    for (const [, digest] of changes) {
      if (digest === null) hash.update(zeroDigest, 'hex');
      else hash.update(seal ? seal.checksumIn(digest) : Buffer.from(digest, 'hex'));
    }
  }
  return hash.digest('base64');
}

/** Which part of a record. */
type Part = (records: PutRecords, record: number) => Buffer;
const digestOf: Part = (records, record) => records.digestOf(record);
const checksumOf: Part = (records, record) => records.checksumOf(record);

async function* changesOf(draft: Draft, part: Part): AsyncGenerator<LeafChanges> {
  const leaves = draft.written.leafIndexes();
  for (let first = 0; first < leaves.length; first += leavesAtOnce) {
    const window = leaves.slice(first, first + leavesAtOnce);
    const pages = new Map(window.map((leaf) => [leaf, Buffer.alloc(blocksPerLeaf * digestBytes)]));
    await fill(draft, pages, part);
    for (const [leafIndex, page] of pages) yield [leafIndex, writtenIn(draft, leafIndex, page)];
  }
}

/** What was put last at an index counts. */
async function fill(draft: Draft, pages: ReadonlyMap<number, Buffer>, part: Part): Promise<void> {
  for await (const records of draft.journal.records()) {
    for (let i = 0; i < records.count; i++) {
      const index = records.indexOf(i);
      const page = pages.get(Math.floor(index / blocksPerLeaf));
      page?.set(part(records, i), (index % blocksPerLeaf) * digestBytes);
    }
  }
}

function* writtenIn(
  { written }: Draft,
  leafIndex: number,
  page: Buffer,
): Generator<[number, Digest | null]> {
  const firstIndex = leafIndex * blocksPerLeaf;
  for (let i = 0; i < blocksPerLeaf; i++) {
    if (written.has(firstIndex + i)) yield [i, leafDigest(page, i)];
  }
}
