/**
 * Where a block is in the folder of a store: names only. A delta's file has an ending of its own, so
 * that a list of names tells which blocks need another.
 */
import path from 'node:path';
import type { Digest } from '../block-store.ts';

export function shardOf(digest: Digest): string {
  return digest.slice(0, 2);
}

export function blockFile(folder: string, digest: Digest): string {
  return path.join(folder, shardOf(digest), digest.slice(2));
}

export function condemnedFolder(folder: string): string {
  return path.join(folder, 'condemned');
}

const deltaEnding = '.d';

export function deltaOf(file: string): string {
  return `${file}${deltaEnding}`;
}

/** What a name without the ending is, and whether it had it. */
export function stemOf(name: string): { stem: string; isDelta: boolean } {
  const isDelta = name.endsWith(deltaEnding);
  return { stem: isDelta ? name.slice(0, -deltaEnding.length) : name, isDelta };
}

/** Of the whole block, and of a delta. */
export type BlockPlaces = [whole: string, delta: string];

/** Where a block belongs. */
export function properPlaces(folder: string, digest: Digest): BlockPlaces {
  const file = blockFile(folder, digest);
  return [file, deltaOf(file)];
}

/** Where condemned blocks are, and at last whether it was brought back meanwhile. */
export function otherPlaces(folder: string, rounds: readonly string[], digest: Digest): string[] {
  if (rounds.length === 0) return [];
  const inRounds = rounds.map((round) => path.join(condemnedFolder(folder), round, digest));
  return [...inRounds.flatMap((file) => [file, deltaOf(file)]), ...properPlaces(folder, digest)];
}
