/** A change of state that a request asks for: of all its instances or of none. */
import type { InstanceStateChange } from '../../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { requiredInstances } from '../../../domain/instances.ts';
import type { OperationContext } from '../../operation.ts';
import { stateChangeShape } from '../../shapes/instances.ts';

/**
 * `requested` answers the changed row, undefined when there is nothing to do, or throws. `check`
 * sees the changed rows before they are written.
 */
export async function changeStates(
  { catalog, caller, clock }: OperationContext,
  ids: readonly string[],
  requested: (row: InstanceRow, now: Date) => InstanceRow | undefined,
  check?: (reader: CatalogReader, rows: InstanceRow[]) => Promise<void>,
): Promise<InstanceStateChange[]> {
  return catalog.write(async (transaction) => {
    const rows = await requiredInstances(transaction, caller, ids);
    const now = clock.now();
    const changes = rows.map((row) => ({ row, next: requested(row, now) }));
    const changed = changes.map(({ next }) => next).filter((next) => next !== undefined);
    await check?.(transaction, changed);
    for (const next of changed) await transaction.instances.update(next);
    return changes.map(({ row, next = row }) => stateChangeShape(row, row.state, next.state));
  });
}
