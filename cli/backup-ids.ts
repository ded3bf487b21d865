/**
 * Ids as people mix them up: of backups, and of what they are of. Whether there is such a one is the
 * server's to say.
 */
import { CommandError } from './command-error.ts';

export function isSource(id: string): boolean {
  return /^(i|vol)-/.test(id);
}

function isBackup(id: string): boolean {
  return /^(ami|snap)-/.test(id);
}

export function checkBackup(id: string): void {
  if (isBackup(id)) return;
  const ofOne = isSource(id) ? `: \`imago backups list ${id}\` has those of it` : '';
  throw new CommandError(
    `${id} is no backup.`,
    `One is ami-… or snap-…${ofOne || '; `imago backups list` has all'}.`,
    2,
  );
}

export function checkSource(id: string): void {
  if (isSource(id)) return;
  throw new CommandError(
    `${id} is neither a machine nor a volume.`,
    isBackup(id)
      ? `It is a backup: \`imago backups show ${id}\` tells of what.`
      : 'Those are i-… and vol-…; `imago backups list` has all that have backups.',
    2,
  );
}
