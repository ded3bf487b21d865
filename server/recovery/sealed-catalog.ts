/**
 * One sealed catalog in a block store: a block map, whose first block is the head and whose others
 * are the parts of the catalog, all of them sealed (docs/design/sealed-catalogs.md). Written, read
 * back and only then named in the record of the store.
 */
import { createHash } from 'node:crypto';
import { readBlockMap, writeBlockMap } from '../blocks/block-map.ts';
import {
  type BlockReader,
  type BlockStore,
  blockSizeBytes,
  type Digest,
} from '../blocks/block-store.ts';
import { SealedBlockReader, SealedBlockWriter, type Sealing } from '../blocks/sealed-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import {
  type CatalogRecord,
  keptOf,
  readCatalogRecord,
  type SealedCatalog,
  writeCatalogRecord,
} from './catalog-record.ts';
import { type CatalogLine, type Counted, catalogLines, catalogParts } from './catalog-stream.ts';
import type { RecoveryKey } from './recovery-key.ts';

const format = 1;

/** What is told beside rows. */
export interface CatalogFacts {
  /** The version of the Imago that wrote it. */
  imago: string;
  /** Of the catalog. */
  schema: number;
  /** The first is the default. */
  regions: readonly string[];
  zones: number;
  /** Of a file, base64; a passphrase is in no catalog. */
  masterKey?: string;
}

interface CatalogHead extends CatalogFacts, Counted {
  format: typeof format;
  /** SHA-256 of the digests of all parts, in their order: no part is of another catalog. */
  parts: Digest;
}

export interface SealOptions {
  store: BlockStore;
  catalog: Catalog;
  facts: CatalogFacts;
  key: RecoveryKey;
  sealing?: Sealing;
  now: Date;
}

export class SealedCatalogError extends Error {
  override name = 'SealedCatalogError';
}

/**
 * Undefined where nothing has changed since the newest one. The writer stays open until the record
 * names what it put: no collection comes between.
 */
export async function sealCatalog(options: SealOptions): Promise<SealedCatalog | undefined> {
  const { store, key } = options;
  await using writer = store.begin();
  const sealed = new SealedBlockWriter(writer, key.key, options.sealing);
  const written = await writeParts(sealed, options);
  const map = { sizeBytes: written.digests.size * blockSizeBytes, changes: written.digests };
  const { root } = await writeBlockMap(writer, map);
  await writer.commit();
  await readBack(store, root, written, options);
  const before = await readRecord(store);
  if (before.catalogs.at(-1)?.root === root) return undefined;
  const { rows, plainBytes } = written;
  const number = (before.catalogs.at(-1)?.number ?? 0) + 1;
  const createdAt = options.now.toISOString();
  const made = { number, createdAt, root, key: key.entry.id, rows, plainBytes };
  const isLocked = (await store.lockedUntil()) !== undefined;
  const record = recordWith(before, made, key);
  await writeCatalogRecord(store, keptOf(record, options.now, isLocked));
  return made;
}

async function readRecord(store: BlockStore): Promise<CatalogRecord> {
  return (await readCatalogRecord(store)) ?? { format: 1, keys: [], catalogs: [] };
}

function recordWith(
  { keys, catalogs, ...before }: CatalogRecord,
  made: SealedCatalog,
  { entry }: RecoveryKey,
): CatalogRecord {
  const isKnown = keys.some(({ id }) => id === entry.id);
  return { ...before, keys: isKnown ? keys : [...keys, entry], catalogs: [...catalogs, made] };
}

interface WrittenParts {
  digests: Map<number, Digest>;
  /** That the store did not have. */
  fresh: Digest[];
  rows: number;
  plainBytes: number;
}

/** The head, which tells what all others are, is put last. */
async function writeParts(
  writer: SealedBlockWriter,
  { catalog, facts }: SealOptions,
): Promise<WrittenParts> {
  const digests = new Map<number, Digest>();
  const fresh: Digest[] = [];
  const counted: Counted = { rows: 0, tables: {} };
  const order = createHash('sha256');
  let plainBytes = 0;
  const put = async (index: number, plain: Buffer) => {
    const { digest, storedBytes } = await writer.put(plain);
    digests.set(index, digest);
    if (storedBytes > 0) fresh.push(digest);
    plainBytes += plain.length;
    return digest;
  };
  await catalog.read(async (reader) => {
    for await (const part of catalogParts(reader, counted)) {
      order.update(await put(digests.size + 1, part));
    }
  });
  const head: CatalogHead = { format, ...facts, ...counted, parts: order.digest('hex') };
  await put(0, Buffer.from(JSON.stringify(head)));
  return { digests, fresh, rows: counted.rows, plainBytes };
}

/** What was written, as whoever needs it will find it. */
async function readBack(
  store: BlockStore,
  root: Digest,
  { digests, fresh }: WrittenParts,
  { key, sealing }: SealOptions,
): Promise<void> {
  const opened = new SealedBlockReader(store, key.key, sealing);
  for (const digest of fresh) await opened.get(digest);
  const map = await readBlockMap(store, root);
  let count = 0;
  for await (const { index, digest } of map.entries()) {
    if (digests.get(index) !== digest) throw new SealedCatalogError('a block map was miswritten');
    count++;
  }
  if (count !== digests.size) throw new SealedCatalogError('a block map was miswritten');
}

export interface OpenedCatalog {
  facts: CatalogFacts & Counted;
  /** Throws SealedCatalogError at its end where they were not the ones that the head names. */
  lines(): AsyncGenerator<CatalogLine>;
}

/** Throws SealedCatalogError, or what the store throws. */
export async function openSealedCatalog(
  store: BlockReader,
  { root }: Pick<SealedCatalog, 'root'>,
  { key }: RecoveryKey,
): Promise<OpenedCatalog> {
  const opened = new SealedBlockReader(store, key);
  const map = await readBlockMap(store, root);
  const first = await map.lookup(0);
  if (!first) throw new SealedCatalogError('it has no head');
  const head = JSON.parse((await opened.get(first)).toString()) as CatalogHead;
  if (head.format !== format) throw new SealedCatalogError('it is of a newer Imago');
  async function* parts(): AsyncGenerator<Buffer> {
    const order = createHash('sha256');
    for await (const { index, digest } of map.entries()) {
      if (index === 0) continue;
      order.update(digest);
      yield await opened.get(digest);
    }
    if (order.digest('hex') !== head.parts) throw new SealedCatalogError('its parts are of others');
  }
  return { facts: head, lines: () => catalogLines(parts()) };
}
