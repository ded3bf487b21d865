/**
 * The bill of the block stores, measured in the background when somebody asks: what each image,
 * snapshot and volume needs, and what would go with it alone. While the same maps are there it is
 * not measured again.
 */
import { createHash } from 'node:crypto';
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { AccountBytes } from '../catalog/rows/storage-day.ts';
import type { Clock } from '../domain/identity.ts';
import type { DraftBlocks } from '../drafts/draft-blocks.ts';
import type { Log } from '../foundations/log.ts';
import { sealedCatalogRoots } from '../recovery/catalog-record.ts';
import { type BlockOwners, findBlockOwners, type OwnedBytes } from './block-owners.ts';
import { Pace } from './pace.ts';
import { nobody, type StorageOwner, type StorageOwners, storageOwners } from './storage-owners.ts';

export interface StorageItem extends Omit<StorageOwner, 'roots'>, OwnedBytes {}

export interface StorageUsageReport {
  measuredAt: Date;
  /** Largest first, by what goes with it. */
  items: StorageItem[];
  /** Of each account that owns one; what needs most comes first. */
  accounts: AccountBytes[];
  /** Of all blocks that somebody needs. */
  neededBytes: number;
}

export interface StorageUsageState {
  state: 'measuring' | 'measured' | 'failed';
  /** The last one, also while another is made. */
  report?: StorageUsageReport;
  error?: string;
}

export interface StorageUsageServices {
  blocks: BlockStores;
  catalog: Catalog;
  drafts: DraftBlocks;
  clock: Clock;
  log: Log;
}

/** What could not be measured may be whole again by then. */
const againAfterMs = 60_000;
/** Leaves half of the time to others. */
const restRatio = 1;

export class StorageUsage {
  readonly #services: StorageUsageServices;
  readonly #stopping = new AbortController();
  /** What was measured last, be it in vain. */
  #signature: string | undefined;
  #againAt = Number.POSITIVE_INFINITY;
  #report: StorageUsageReport | undefined;
  #error: string | undefined;
  #running: Promise<void> | undefined;

  constructor(services: StorageUsageServices) {
    this.#services = services;
  }

  /** What was measured last, be it older than rows are: nothing is measured for it. */
  get report(): StorageUsageReport | undefined {
    return this.#report;
  }

  /** What is known; measures where rows have changed since. */
  async look(): Promise<StorageUsageState> {
    if (!this.#running) {
      const stores = await this.#owners();
      const signature = signatureOf(stores);
      if (!this.#running && (signature !== this.#signature || performance.now() > this.#againAt)) {
        this.#running = this.#measure(stores, signature).finally(() => {
          this.#running = undefined;
        });
        return { state: 'measuring', report: this.#report };
      }
    }
    if (this.#running) return { state: 'measuring', report: this.#report };
    const state = this.#error === undefined ? 'measured' : 'failed';
    return { state, report: this.#report, error: this.#error };
  }

  /** Resolves when nothing is being measured. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('Imago is stopping'));
    await this.#running;
  }

  #owners(): Promise<StorageOwners[]> {
    const { blocks, catalog } = this.#services;
    return Promise.all(
      blocks.list().map(({ holds }) => catalog.read((reader) => storageOwners(reader, holds))),
    );
  }

  async #measure(stores: StorageOwners[], signature: string): Promise<void> {
    const { clock, blocks, log } = this.#services;
    this.#signature = signature;
    try {
      const items: StorageItem[] = [];
      const accounts = new Map<string, AccountBytes>();
      let neededBytes = 0;
      for (const [i, { store }] of blocks.list().entries()) {
        const found = await this.#measureStore(store, stores[i] as StorageOwners);
        items.push(...found.items);
        for (const [account, bytes] of found.groups) addTo(accounts, account, bytes);
        neededBytes += found.neededBytes;
      }
      items.sort((a, b) => b.exclusiveBytes - a.exclusiveBytes || b.storedBytes - a.storedBytes);
      const byAccount = [...accounts.values()].sort((a, b) => b.storedBytes - a.storedBytes);
      this.#report = { measuredAt: clock.now(), items, accounts: byAccount, neededBytes };
      this.#error = undefined;
      this.#againAt = Number.POSITIVE_INFINITY;
    } catch (error) {
      this.#againAt = performance.now() + againAfterMs;
      this.#error = (error as Error).message;
      if (!this.#stopping.signal.aborted) log.error('storage could not be measured', { error });
    }
  }

  async #measureStore(
    store: ReturnType<BlockStores['of']>,
    { owners, others, drafts }: StorageOwners,
  ): Promise<Pick<BlockOwners, 'groups' | 'neededBytes'> & { items: StorageItem[] }> {
    const { drafts: draftBlocks } = this.#services;
    const ofThisHost = drafts.filter(({ host }) => host === draftBlocks.hostId);
    const catalogs = await sealedCatalogRoots(store);
    const roots = new Map<string, readonly string[]>([[nobody, [...others, ...catalogs]]]);
    for (const owner of owners) roots.set(owner.id, owner.roots);
    const accountOf = new Map(owners.map(({ id, account }) => [id, account]));
    const { owned, groups, neededBytes } = await findBlockOwners({
      store,
      owners: roots,
      groupOf: (owner) => accountOf.get(owner),
      async *loose() {
        for (const { snapshotId } of ofThisHost) yield* draftBlocks.digests(snapshotId);
      },
      pace: new Pace(restRatio),
      signal: this.#stopping.signal,
    });
    const items = owners.map(({ roots: _, ...owner }) => ({
      ...owner,
      ...(owned.get(owner.id) ?? { storedBytes: 0, exclusiveBytes: 0 }),
    }));
    return { items, groups, neededBytes };
  }
}

/** Stores have no block in common. */
function addTo(
  accounts: Map<string, AccountBytes>,
  account: string,
  { storedBytes, exclusiveBytes }: OwnedBytes,
): void {
  const known = accounts.get(account);
  accounts.set(account, {
    account,
    storedBytes: (known?.storedBytes ?? 0) + storedBytes,
    exclusiveBytes: (known?.exclusiveBytes ?? 0) + exclusiveBytes,
  });
}

function signatureOf(stores: readonly StorageOwners[]): string {
  const hash = createHash('sha256');
  for (const { owners, others, drafts } of stores) {
    for (const { id, name, fullBytes, archivedBytes, roots } of owners) {
      hash.update(JSON.stringify([id, name, fullBytes, archivedBytes, roots]));
    }
    hash.update(JSON.stringify([others, drafts]));
  }
  return hash.digest('hex');
}
