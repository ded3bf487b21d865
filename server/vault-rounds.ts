/**
 * What of AWS Backup goes by the clock, at the start and every few seconds: plans whose time has
 * come order their backups, what they want copied of those that are there is, and it is written
 * down what restores have come to. Ends of lifecycles, which are counted in days, are
 * expiry-rounds.ts's.
 */
import type { Catalog } from './catalog/catalog.ts';
import { orderDueCopies } from './domain/backups/copy-jobs.ts';
import { lookAtDueJobs } from './domain/backups/due-jobs.ts';
import { runDuePlans } from './domain/backups/plans.ts';
import { settleRestores } from './domain/backups/restore-jobs.ts';
import { beginDueTests, endValidations } from './domain/drills/restore-testing.ts';
import { eachInTurn } from './domain/due-rows.ts';
import type { Clock, Ids } from './domain/identity.ts';
import type { MasterKey } from './domain/master-key.ts';
import type { Site } from './domain/site.ts';
import type { Log } from './foundations/log.ts';
import { beginRounds } from './rounds.ts';

const everyMs = 15_000;

export interface VaultServices {
  orders: Catalog;
  clock: Clock;
  ids: Ids;
  site: Site;
  masterKey: MasterKey;
  log: Log;
}

export function beginVaultRounds(services: VaultServices): AsyncDisposable {
  const look = () =>
    lookAtVaults(services).catch((error) =>
      services.log.error('backup plans and restores could not be looked at', { error }),
    );
  return beginRounds(look, everyMs);
}

export async function lookAtVaults(services: VaultServices): Promise<void> {
  const { orders, clock, ids, site, masterKey, log } = services;
  const parts = [
    () => runDuePlans(orders, { clock, ids }),
    () => lookAtDueJobs(orders, { clock, ids }),
    () => orderDueCopies(orders, { clock, ids, site, masterKey }),
    () => settleRestores(orders, clock.now()),
    () => endValidations(orders, clock.now()),
    async () => {
      const place = { clock, ids, hostId: site.hostId };
      for (const { plan, why } of await beginDueTests(orders, place)) {
        log.warn('a restore test could not begin', { plan, why });
      }
    },
  ];
  // One that fails takes none of the others' turn.
  await eachInTurn<() => Promise<unknown>>(parts, (part) => part());
}
