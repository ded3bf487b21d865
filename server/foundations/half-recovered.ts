/** A home that is being made of a block store (recovery/) is no Imago until it is whole. */
import { existsSync } from 'node:fs';
import type { Home } from './home.ts';

export class HalfRecoveredError extends Error {
  override name = 'HalfRecoveredError';
  readonly advice = 'Run the same `imago recover` again: it begins anew.';

  constructor({ folder }: Home) {
    super(`The recovery of ${folder} was not ended.`);
  }
}

/** Throws HalfRecoveredError. */
export function checkRecovered(home: Home): void {
  if (existsSync(home.recoveringFile)) throw new HalfRecoveredError(home);
}
