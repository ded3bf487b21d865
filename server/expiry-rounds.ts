/**
 * What is kept for a time is taken away when that is over, at the start and every hour, as an Imago
 * runs for months: client tokens, sessions, what is in the recycle bin, images that are no more,
 * keys whose deletion was scheduled, imports and exports that have ended, snapshots that are
 * restored for a time, and their archives where no row names them. Whoever asks meanwhile goes by
 * the time itself, but of a snapshot that is restored, and of a lock whose date has passed, which
 * stays so.
 */
import type { Catalog } from './catalog/catalog.ts';
import { forgetHolds } from './domain/backups/legal-holds.ts';
import { removeExpiredPoints } from './domain/backups/remove-points.ts';
import { forgetOldClientTokens } from './domain/client-tokens.ts';
import { forgetEndedTasks } from './domain/ended-tasks.ts';
import { makeLocksFinal } from './domain/final-locks.ts';
import { forgetFormerImages } from './domain/former-images.ts';
import type { Clock } from './domain/identity.ts';
import { removeKeysPastTime } from './domain/kms-keys.ts';
import { emptyRecycleBin } from './domain/recycle-bin.ts';
import { removeExpiredSessions } from './domain/sessions.ts';
import {
  type ArchiveFiles,
  endTemporaryRestores,
  removeUnnamedArchives,
} from './domain/snapshot-tiers.ts';
import type { Log } from './foundations/log.ts';

const hourMs = 60 * 60 * 1000;

const kept: Record<string, (catalog: Catalog, now: Date) => Promise<void>> = {
  'client tokens': forgetOldClientTokens,
  'the recycle bin': emptyRecycleBin,
  'former images': forgetFormerImages,
  sessions: removeExpiredSessions,
  keys: removeKeysPastTime,
  'restored snapshots': endTemporaryRestores,
  'ended imports and exports': forgetEndedTasks,
  'recovery points': removeExpiredPoints,
  'changes of locks': makeLocksFinal,
  'legal holds': forgetHolds,
};

export interface ExpiryServices {
  catalog: Catalog;
  clock: Clock;
  log: Log;
  archives: ArchiveFiles;
}

export function beginExpiryRounds(services: ExpiryServices, everyMs = hourMs): Disposable {
  const { catalog, archives } = services;
  let unnamed: ReadonlySet<string> = new Set();
  const removeArchives = async () => {
    unnamed = await removeUnnamedArchives(catalog, archives, unnamed);
  };
  const expire = () => void removeExpired(services, { ...kept, archives: removeArchives });
  expire();
  const rounds = setInterval(expire, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(rounds) };
}

/** All that is past its time now. */
export async function removeExpired(
  { catalog, clock, log }: Omit<ExpiryServices, 'archives'>,
  all = kept,
): Promise<void> {
  const removals = Object.entries(all).map(([what, remove]) =>
    remove(catalog, clock.now()).catch((error) =>
      log.error('what is past its time could not be taken away', { what, error }),
    ),
  );
  await Promise.all(removals);
}
