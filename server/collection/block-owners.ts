/**
 * Who needs which stored bytes: the bill of a block store, exact, from maps. Owners are whatever
 * names block maps, such as images; a block belongs to the set of all owners that need it, pages of
 * maps and bases of deltas included. Blocks are looked at in parts, by their digest, so that memory
 * does not grow with the store.
 */
import { readBlockMap } from '../blocks/block-map.ts';
import type { BlockStore, Digest } from '../blocks/block-store.ts';
import { digestBytes } from '../blocks/map-pages.ts';
import type { Pace } from './pace.ts';

/** A set of owners, by its number. */
type SetNumber = number;

/** No id of an owner has it. */
const looseOwner = '-';
/** Digests that are in memory at a time. */
const digestsAtOnce = 200_000;

export interface OwnedBytes {
  /** Of all blocks that the owner needs, each once, as they are stored. */
  storedBytes: number;
  /** Of those that nobody else needs: what goes with the owner. */
  exclusiveBytes: number;
}

export interface BlockOwnersOptions {
  store: BlockStore;
  /** Owner -> roots of its maps. */
  owners: ReadonlyMap<string, readonly Digest[]>;
  /** Digests, one after the other, that somebody needs whom no map tells of. */
  loose?: () => AsyncIterable<Buffer>;
  /** What owners are summed by besides, such as accounts. */
  groupOf?: (owner: string) => string | undefined;
  pace: Pace;
  signal?: AbortSignal;
}

export interface BlockOwners {
  owned: Map<string, OwnedBytes>;
  /** By group: what one of its owners needs, and what none needs that is of no group or another. */
  groups: Map<string, OwnedBytes>;
  /** Of all blocks that somebody needs. */
  neededBytes: number;
}

/** Fails closed: a map that cannot be read is an error, lest what it names be nobody's. */
export async function findBlockOwners(options: BlockOwnersOptions): Promise<BlockOwners> {
  const sets = new OwnerSets();
  const pages = await readPages(options, sets);
  const counting = new Counting(options, sets, pages);
  await counting.findBases();
  await counting.count();
  return counting.result();
}

/** Sets of owners, each known by a number; their unions are remembered. */
class OwnerSets {
  readonly members: string[][] = [[]];
  readonly #numbers = new Map<string, SetNumber>([['', 0]]);
  readonly #unions = new Map<string, SetNumber>();

  of(owner: string): SetNumber {
    return this.#number([owner]);
  }

  union(one: SetNumber, other: SetNumber): SetNumber {
    if (one === other || other === 0) return one;
    if (one === 0) return other;
    const key = one < other ? `${one} ${other}` : `${other} ${one}`;
    let union = this.#unions.get(key);
    if (union === undefined) {
      const both = new Set([...(this.members[one] ?? []), ...(this.members[other] ?? [])]);
      union = this.#number([...both].sort());
      this.#unions.set(key, union);
    }
    return union;
  }

  #number(members: string[]): SetNumber {
    const key = members.join('\n');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.members.length);
    return this.members.push(members) - 1;
  }
}

interface Pages {
  /** Roots and leaves. */
  owners: Map<Digest, SetNumber>;
  leaves: Map<Digest, { map: Awaited<ReturnType<typeof readBlockMap>>; index: number }>;
  /** Of blocks, at most. */
  names: number;
}

async function readPages({ store, owners, pace }: BlockOwnersOptions, sets: OwnerSets) {
  const pages: Pages = { owners: new Map(), leaves: new Map(), names: 0 };
  const add = (digest: Digest, set: SetNumber) =>
    pages.owners.set(digest, sets.union(set, pages.owners.get(digest) ?? 0));
  for (const [owner, roots] of owners) {
    const set = sets.of(owner);
    for (const root of roots) {
      const map = await readBlockMap(store, root);
      add(root, set);
      for (const [index, { digest, blocks }] of map.leaves.entries()) {
        if (!digest) continue;
        if (!pages.leaves.has(digest)) {
          pages.leaves.set(digest, { map, index });
          pages.names += blocks;
        }
        add(digest, set);
      }
      await pace.step();
    }
  }
  return pages;
}

class Counting {
  readonly #options: BlockOwnersOptions;
  readonly #sets: OwnerSets;
  readonly #pages: Pages;
  /** Bases of deltas that somebody needs. */
  readonly #bases = new Map<Digest, SetNumber>();
  readonly #bytes = new Map<SetNumber, number>();

  constructor(options: BlockOwnersOptions, sets: OwnerSets, pages: Pages) {
    this.#options = options;
    this.#sets = sets;
    this.#pages = pages;
  }

  /** As often as a base has one itself. */
  async findBases(): Promise<void> {
    const pairs: { digest: Digest; base: Digest }[] = [];
    for await (const pair of this.#options.store.bases()) pairs.push(pair);
    if (pairs.length === 0) return;
    for (let grown = true; grown; ) {
      grown = false;
      for await (const { owners, holds } of this.#parts()) {
        for (const { digest, base } of pairs) {
          if (!holds(digest)) continue;
          const set = owners(digest);
          const known = this.#bases.get(base) ?? 0;
          const union = this.#sets.union(set, known);
          if (union === known) continue;
          this.#bases.set(base, union);
          grown ||= pairs.some((each) => each.digest === base);
        }
      }
    }
  }

  async count(): Promise<void> {
    const { store, pace } = this.#options;
    for await (const { owners, firstBytes } of this.#parts()) {
      for (const firstByte of firstBytes) {
        for await (const { digest, storedBytes } of store.list(firstByte)) {
          const set = owners(digest);
          this.#bytes.set(set, (this.#bytes.get(set) ?? 0) + storedBytes);
          await pace.step();
        }
      }
    }
  }

  result(): BlockOwners {
    const owned = new Map<string, OwnedBytes>();
    for (const owner of this.#options.owners.keys()) {
      owned.set(owner, { storedBytes: 0, exclusiveBytes: 0 });
    }
    const groups = new Map<string, OwnedBytes>();
    let neededBytes = 0;
    for (const [set, bytes] of this.#bytes) {
      const members = this.#sets.members[set] ?? [];
      if (members.length > 0) neededBytes += bytes;
      for (const member of members) {
        const sum = owned.get(member);
        if (!sum) continue;
        sum.storedBytes += bytes;
        if (members.length === 1) sum.exclusiveBytes += bytes;
      }
      this.#addTo(groups, members, bytes);
    }
    return { owned, groups, neededBytes };
  }

  #addTo(groups: Map<string, OwnedBytes>, members: readonly string[], bytes: number): void {
    const { groupOf } = this.#options;
    if (!groupOf) return;
    const named = new Set(members.map(groupOf));
    for (const group of named) {
      if (group === undefined) continue;
      const sum = groups.get(group) ?? { storedBytes: 0, exclusiveBytes: 0 };
      groups.set(group, sum);
      sum.storedBytes += bytes;
      if (named.size === 1) sum.exclusiveBytes += bytes;
    }
  }

  /** All digests once, in parts that fit in memory: those that begin with the same bytes. */
  async *#parts() {
    const parts = Math.min(256, Math.ceil(this.#pages.names / digestsAtOnce) || 1);
    for (let part = 0; part < parts; part++) {
      const from = Math.floor((part * 256) / parts);
      const to = Math.floor(((part + 1) * 256) / parts);
      const named = await this.#namedIn(from, to);
      yield {
        firstBytes: Array.from({ length: to - from }, (_, i) => from + i),
        holds: (digest: Digest) => {
          const first = Number.parseInt(digest.slice(0, 2), 16);
          return first >= from && first < to;
        },
        owners: (digest: Digest) => {
          const bytes = Buffer.from(digest, 'hex').toString('latin1');
          const asPage = this.#pages.owners.get(digest) ?? 0;
          const asBase = this.#bases.get(digest) ?? 0;
          return this.#sets.union(this.#sets.union(named.get(bytes) ?? 0, asPage), asBase);
        },
      };
    }
  }

  async #namedIn(from: number, to: number): Promise<Map<string, SetNumber>> {
    const { pace, signal, loose } = this.#options;
    const named = new Map<string, SetNumber>();
    const add = (digests: Buffer, set: SetNumber) => {
      for (let at = 0; at < digests.length; at += digestBytes) {
        const first = digests[at] ?? 0;
        if (first < from || first >= to) continue;
        const name = digests.toString('latin1', at, at + digestBytes);
        named.set(name, this.#sets.union(set, named.get(name) ?? 0));
      }
    };
    for await (const digests of loose?.() ?? []) add(digests, this.#sets.of(looseOwner));
    for (const [digest, { map, index }] of this.#pages.leaves) {
      signal?.throwIfAborted();
      const set = this.#pages.owners.get(digest) ?? 0;
      add(await map.leaf(index), set);
      await pace.step();
    }
    return named;
  }
}
