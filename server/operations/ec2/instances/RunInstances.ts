import type {
  Reservation,
  RunInstancesRequest,
  RunInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { idempotently, launchAction } from '../../../domain/client-tokens.ts';
import { planLaunch } from '../../../domain/launch.ts';
import { insertLaunch } from '../../../domain/launch-rows.ts';
import type { Operation } from '../../operation.ts';
import { acceptedLaunchMembers } from '../../requests/launch.ts';
import { fixedLaunchMembers } from '../../requests/launch-fixed.ts';
import { templatedLaunch } from '../../requests/launch-template.ts';
import { readInstanceParts, reservationShapes } from '../../shapes/instances.ts';

export const runInstances: Operation<RunInstancesRequest, RunInstancesResult> = {
  accepts: [...acceptedLaunchMembers, 'LaunchTemplate', 'ClientToken'],
  fixed: fixedLaunchMembers,
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    const measures = await host.measure();
    const call = {
      ...caller,
      action: launchAction,
      token: input.ClientToken,
      parameters: input,
      now: clock.now(),
    };
    const { rows, parts } = await catalog.write(async (transaction) => {
      const made = await idempotently(transaction, call, async () => {
        const request = await templatedLaunch(transaction, caller, input);
        const launch = await planLaunch(transaction, caller, request, {
          clock,
          ids,
          masterKey,
          site,
          measures,
          host,
        });
        await insertLaunch(transaction, launch);
        return launch.instances.map(({ id }) => id);
      });
      const instances = await transaction.instances.list({ where: { id: made } });
      checkLiving(made, instances);
      instances.sort((a, b) => a.launchIndex - b.launchIndex);
      return { rows: instances, parts: await readInstanceParts(transaction, instances, site) };
    });
    const [reservation] = reservationShapes(rows, parts);
    return reservation as Reservation;
  },
};

/** A token is remembered for longer than an instance that was terminated is shown. */
function checkLiving(made: readonly string[], instances: readonly InstanceRow[]): void {
  const ended = instances.some(({ state }) => state === 'shutting-down' || state === 'terminated');
  if (!ended && instances.length === made.length) return;
  throw new ServiceError(
    'IdempotentInstanceTerminated',
    'The ClientToken was used before, and an instance of that launch has been terminated.',
  );
}
