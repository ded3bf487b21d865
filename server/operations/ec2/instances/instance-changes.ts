/** A change of state that a request asks for: of all its instances or of none. */
import type { InstanceStateChange } from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { requiredInstances } from '../../../domain/instances.ts';
import type { OperationContext } from '../../operation.ts';
import { stateChangeShape } from '../../shapes/instances.ts';

/** `requested` answers the changed row, undefined when there is nothing to do, or throws. */
export async function changeStates(
  { catalog, caller, clock, wake }: OperationContext,
  ids: readonly string[],
  requested: (row: InstanceRow, now: Date) => InstanceRow | undefined,
): Promise<InstanceStateChange[]> {
  const changes = await catalog.write(async (transaction) => {
    const rows = await requiredInstances(transaction, caller, ids);
    const now = clock.now();
    const changed: InstanceStateChange[] = [];
    for (const row of rows) {
      const next = requested(row, now);
      if (next) await transaction.instances.update(next);
      changed.push(stateChangeShape(row, row.state, (next ?? row).state));
    }
    return changed;
  });
  wake();
  return changes;
}
