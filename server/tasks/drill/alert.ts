/**
 * Tells whoever is to be told of a drill whose backup did not pass, or that could not be done. Told of
 * once more after a restart, by the same id; what does not arrive is in the drill's row.
 */
import { type DrillRow, triedBy } from '../../catalog/rows/drill.ts';
import { changeDrill } from '../../domain/drills/drills.ts';
import type { RunContext } from '../task.ts';

export async function alertOf(
  { services, signal }: Pick<RunContext, 'services' | 'signal'>,
  drillId: string,
): Promise<void> {
  const row = await services.catalog.read(({ drills }) => drills.get(drillId));
  const told = row && objectionOf(row);
  if (!row || !told || !services.alerts) return;
  const { account, region, imageId, snapshotId, state, endedAt, results, customer } = row;
  const failed = results.filter(({ passed }) => !passed);
  const { id, what, reason } = told;
  const of = { account, region, imageId, snapshotId, state, reason, endedAt, failed };
  const details = { ...of, ...(customer && { customerVerdict: customer.verdict }) };
  const subject = `Drill of ${triedBy(row)} ${what}: ${reason}`;
  const untold = await services.alerts.tell({ id, kind: 'drill', subject, details }, signal);
  if (untold.length === 0) return;
  await services.catalog.write((transaction) =>
    changeDrill(transaction, drillId, (each) => ({ ...each, untold })),
  );
}

/** What a customer found is another alert than what Imago has. */
function objectionOf({ id, state, reason = '', customer }: DrillRow) {
  if (customer?.verdict === 'failed') {
    const what = 'failed by its customer’s verdict';
    return { id: `${id}-customer`, what, reason: customer.reason ?? 'it was not said why' };
  }
  if (state === 'failed') return { id, what: 'failed', reason };
  return state === 'error' ? { id, what: 'could not be done', reason } : undefined;
}
