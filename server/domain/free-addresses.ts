/**
 * Free numbers of a range, addresses most of all: candidates from somewhere in it on, asked for
 * many at a time, so that what it costs depends on how many are wanted and how full the range is,
 * not on how many instances there are.
 */
import { randomInt } from 'node:crypto';
import { formatIpv4 } from '../foundations/ipv4.ts';

/** How many a launch wants: as many as there are between the two. */
export interface Wanted {
  min: number;
  max: number;
}

export interface AddressRange {
  first: number;
  count: number;
}

/** Candidates asked for at once, beyond those that are needed. */
const spare = 16;

export async function freeAddresses(
  range: AddressRange,
  wanted: number,
  taken: (candidates: string[]) => Promise<string[]>,
): Promise<string[]> {
  const free = await freeNumbers(range, wanted, async (candidates) => {
    const addresses = candidates.map(formatIpv4);
    const used = new Set(await taken(addresses));
    return candidates.filter((_, index) => used.has(addresses[index] ?? ''));
  });
  return free.map(formatIpv4);
}

/** At random, as EC2 gives addresses: one is not soon given to another instance again. */
export async function freeNumbers(
  range: AddressRange,
  wanted: number,
  taken: (candidates: number[]) => Promise<number[]>,
): Promise<number[]> {
  const start = randomInt(range.count);
  const free: number[] = [];
  for (let asked = 0; asked < range.count && free.length < wanted; ) {
    const batch = Math.min(wanted - free.length + spare, range.count - asked);
    const candidates = Array.from(
      { length: batch },
      (_, index) => range.first + ((start + asked + index) % range.count),
    );
    const used = new Set(await taken(candidates));
    free.push(...candidates.filter((candidate) => !used.has(candidate)));
    asked += batch;
  }
  return free.slice(0, wanted);
}
