import type {
  DeleteFleetErrorItem,
  DeleteFleetSuccessItem,
  DeleteFleetsRequest,
  DeleteFleetsResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import type { FleetRow } from '../../../catalog/rows/fleet.ts';
import { findFleets } from '../../../domain/fleets.ts';
import { livingStates, terminateRequested } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';

/** EC2's limit of instant fleets in one call. */
const fleetsMax = 25;

export const deleteFleets: Operation<DeleteFleetsRequest, DeleteFleetsResult> = {
  accepts: ['FleetIds', 'TerminateInstances'],
  async run({ FleetIds, TerminateInstances }, { catalog, caller, clock }) {
    if (FleetIds.length > fleetsMax) {
      throw new ServiceError(
        'InvalidParameterValue',
        `At most ${fleetsMax} fleets can be deleted in one call.`,
      );
    }
    return catalog.write(async (transaction) => {
      const { rows, missing } = await findFleets(transaction, caller, FleetIds);
      const deleted: DeleteFleetSuccessItem[] = [];
      const kept: DeleteFleetErrorItem[] = missing.map((id) =>
        refused(id, 'fleetIdDoesNotExist', `The fleet ID '${id}' does not exist`),
      );
      for (const row of rows) {
        const { id: FleetId } = row;
        try {
          await deleteFleet(transaction, row, { TerminateInstances, now: clock.now() });
          const states = { PreviousFleetState: 'active', CurrentFleetState: 'deleted_terminating' };
          deleted.push({ FleetId, ...states });
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          kept.push(refused(FleetId, 'fleetNotInDeletableState', error.message));
        }
      }
      return { SuccessfulFleetDeletions: deleted, UnsuccessfulFleetDeletions: kept };
    });
  },
};

/** Throws before anything is written where an instance may not be terminated. */
async function deleteFleet(
  { fleets, instances }: CatalogTransaction,
  { id, launches }: FleetRow,
  { TerminateInstances, now }: { TerminateInstances: boolean; now: Date },
): Promise<void> {
  if (!TerminateInstances) {
    throw new ServiceError(
      'InvalidParameterValue',
      'An instant fleet is deleted with its instances only.',
    );
  }
  const ids = launches.flatMap(({ instanceIds }) => instanceIds);
  const rows = await instances.list({ where: { id: ids, state: livingStates } });
  const ended = rows.map((row) => terminateRequested(row, now, { force: false }));
  for (const row of ended) if (row) await instances.update(row);
  await fleets.delete(id);
}

function refused(FleetId: string, Code: string, Message: string): DeleteFleetErrorItem {
  return { FleetId, Error: { Code, Message } };
}
