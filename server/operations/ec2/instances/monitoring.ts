/**
 * Detailed monitoring: whether the owner wants it is kept and shown. Imago has no service that
 * figures of either kind could be read from.
 */
import type { MonitorInstancesResult } from '../../../../api/generated/ec2-types.ts';
import { checkModifiable } from '../../../domain/instance-attributes.ts';
import { requiredInstances } from '../../../domain/instances.ts';
import type { OperationContext } from '../../operation.ts';
import { monitoringShape } from '../../shapes/instances.ts';

export async function setMonitoring(
  { catalog, caller }: OperationContext,
  ids: readonly string[],
  wanted: boolean,
): Promise<MonitorInstancesResult> {
  return catalog.write(async (transaction) => {
    const shapes = [];
    for (const row of await requiredInstances(transaction, caller, ids)) {
      checkModifiable(row);
      const { monitoring: _, ...rest } = row;
      const next = wanted ? { ...rest, monitoring: true as const } : rest;
      await transaction.instances.update(next);
      shapes.push({ InstanceId: row.id, Monitoring: monitoringShape(next) });
    }
    return { InstanceMonitorings: shapes };
  });
}
