/**
 * Legal holds: as long as one is active, no recovery point that it is for is deleted, by nobody and
 * by no lifecycle. It is for those that are there as well as for those that come.
 */
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { RecoveryPointRow } from '../../catalog/rows/backup-vault.ts';
import type { HoldSelection, LegalHoldRow } from '../../catalog/rows/legal-hold.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { invalidParameter, invalidRequest, invalidState, nameOfVault, noBackup } from './arns.ts';

const dayMs = 24 * 60 * 60_000;
/** In one transaction: others wait for it. */
const removedAtOnce = 100;

export function checkSelection({ from, to }: HoldSelection): void {
  if (from === undefined || to === undefined || from <= to) return;
  throw invalidParameter('The FromDate of a DateRange must not be after its ToDate.');
}

export function isHeldBy({ selection }: LegalHoldRow, point: RecoveryPointRow): boolean {
  const { vaultNames, resourceArns, from = '', to } = selection;
  const { resourceArn, createdAt } = point;
  return (
    (vaultNames === undefined || vaultNames.includes(nameOfVault(point))) &&
    (resourceArns === undefined || resourceArns.includes(resourceArn)) &&
    createdAt >= from &&
    (to === undefined || createdAt <= to)
  );
}

export async function holdOf(
  { legalHolds }: CatalogReader,
  point: RecoveryPointRow,
): Promise<LegalHoldRow | undefined> {
  const { account, region } = point;
  const holds = await legalHolds.list({ where: { account, region } });
  return holds.find((hold) => hold.status === 'ACTIVE' && isHeldBy(hold, point));
}

export async function checkNotHeld(reader: CatalogReader, point: RecoveryPointRow): Promise<void> {
  const hold = await holdOf(reader, point);
  if (!hold) return;
  throw invalidRequest(`The recovery point ${point.id} is under the legal hold ${hold.id}.`);
}

export async function requiredHold(
  { legalHolds }: CatalogReader,
  owner: Owner,
  id: string,
): Promise<LegalHoldRow> {
  const row = await legalHolds.get(id);
  if (row && isOwn(owner, row)) return row;
  throw noBackup(`Legal hold ${id} does not exist.`);
}

/** Its record goes after so many days; without them it stays. */
export function cancelledHold(
  row: LegalHoldRow,
  { description, retainDays }: { description: string; retainDays?: number },
  now: Date,
): LegalHoldRow {
  if (row.status === 'CANCELED') throw invalidState(`Legal hold ${row.id} is cancelled already.`);
  if (retainDays !== undefined && !(Number.isInteger(retainDays) && retainDays >= 0)) {
    throw invalidParameter(`RetainRecordInDays must be a number of days: ${retainDays}.`);
  }
  const retainedUntil =
    retainDays === undefined
      ? undefined
      : new Date(now.getTime() + retainDays * dayMs).toISOString();
  const cancelledAt = now.toISOString();
  return { ...row, status: 'CANCELED', cancelDescription: description, cancelledAt, retainedUntil };
}

/** Records of cancelled ones, when their time is over. */
export async function forgetHolds(catalog: Catalog, now: Date): Promise<void> {
  const isOver = ({ value }: { value: string }) => value <= now.toISOString();
  const range = { prefix: '', limit: removedAtOnce };
  for (;;) {
    const oldest = await catalog.read(({ legalHolds }) => legalHolds.listKeys('retained', range));
    const over = oldest.filter(isOver);
    if (over.length === 0) return;
    await catalog.write(async ({ legalHolds }: CatalogTransaction) => {
      for (const { id } of over) await legalHolds.delete(id);
    });
  }
}
