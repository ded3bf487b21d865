/**
 * Which sealed catalogs a block store has: a note of the store, in two copies, each with its
 * checksum. Each catalog is a block map whose blocks are sealed, so whoever keeps a store whole
 * needs no key for it. What is in one is sealed-catalog.ts's.
 */
import { createHash } from 'node:crypto';
import { type BlockStore, type Digest, isDigest } from '../blocks/block-store.ts';
import { keptCatalogs } from '../domain/kept-catalogs.ts';
import type { RecoveryKeyEntry } from './recovery-key.ts';

/** The first is written first, so where they differ it is the newer one. */
const noteNames = ['catalogs', 'catalogs-copy'] as const;
const format = 1;

export interface SealedCatalog {
  /** Counted from 1. */
  number: number;
  createdAt: string;
  /** Of the block map. */
  root: Digest;
  /** The id of the key. */
  key: string;
  rows: number;
  /** Before they are compressed and sealed. */
  plainBytes: number;
}

export interface CatalogRecord {
  format: typeof format;
  keys: RecoveryKeyEntry[];
  /** Oldest first. */
  catalogs: SealedCatalog[];
}

/** Neither copy of a record can be understood. */
export class CatalogRecordError extends Error {
  override name = 'CatalogRecordError';
}

export type NoteReader = Pick<BlockStore, 'readNote'>;

/** Undefined where there is none. Throws CatalogRecordError. */
export async function readCatalogRecord(store: NoteReader): Promise<CatalogRecord | undefined> {
  let isDamaged = false;
  for (const name of noteNames) {
    const bytes = await store.readNote(name);
    if (!bytes) continue;
    const record = parse(bytes);
    if (record) return record;
    isDamaged = true;
  }
  if (isDamaged) throw new CatalogRecordError('the list of sealed catalogs in it is damaged');
  return undefined;
}

export async function writeCatalogRecord(store: BlockStore, record: CatalogRecord): Promise<void> {
  const text = JSON.stringify(record);
  const bytes = Buffer.from(`${checksumOf(text)}\n${text}\n`);
  for (const name of noteNames) await store.writeNote(name, bytes);
}

/** What is kept of it, with the keys that are needed for that. `isLocked`: nothing is removed there. */
export function keptOf(record: CatalogRecord, now: Date, isLocked: boolean): CatalogRecord {
  const catalogs = keptCatalogs(record.catalogs, now, { isLocked });
  const keys = record.keys.filter(({ id }) => catalogs.some(({ key }) => key === id));
  return { ...record, keys, catalogs };
}

/** All that either names. */
export function joined(one: CatalogRecord, other: CatalogRecord): CatalogRecord {
  const catalogs = new Map([...one.catalogs, ...other.catalogs].map((each) => [each.root, each]));
  const keys = new Map([...one.keys, ...other.keys].map((each) => [each.id, each]));
  return {
    ...other,
    keys: [...keys.values()],
    catalogs: [...catalogs.values()].sort((a, b) => a.number - b.number),
  };
}

/** Blocks of these maps are no garbage. */
export async function sealedCatalogRoots(store: NoteReader): Promise<Digest[]> {
  const record = await readCatalogRecord(store);
  return record?.catalogs.map(({ root }) => root) ?? [];
}

function parse(bytes: Buffer): CatalogRecord | undefined {
  const [checksum, text = ''] = bytes.toString().split('\n');
  if (checksum !== checksumOf(text)) return undefined;
  const record = JSON.parse(text) as CatalogRecord;
  if (record.format !== format) {
    throw new CatalogRecordError('the sealed catalogs in it are of a newer Imago');
  }
  return record.catalogs.every(({ root }) => isDigest(root)) ? record : undefined;
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
