/**
 * What backups are due by the clock: policies order them, and look after those that there are, at
 * the start and every few seconds. What was missed while Imago was down is made up for once. Each
 * look asks for what is due alone, by its time.
 */
import { orRefusal } from '../api/service-error.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { BackupPlace } from './domain/backups/copy-backup.ts';
import { runDueForgetting } from './domain/backups/forget-policies.ts';
import { lookAtSource } from './domain/backups/look-at-source.ts';
import { type LeftBackup, orderDue, orderOwed } from './domain/backups/order-backups.ts';
import { dueOf, tellOfPolicy } from './domain/backups/policies.ts';
import { checkDiskRoom } from './domain/capacity.ts';
import { dueIds, eachInTurn } from './domain/due-rows.ts';
import type { Log } from './foundations/log.ts';
import type { Host } from './host/host.ts';
import { beginRounds } from './rounds.ts';

/** Schedules are by the minute. */
const everyMs = 15_000;
/** Of sources in one look: others have their turn. */
const sourcesMax = 2000;

export interface BackupServices extends BackupPlace {
  /** Of whose writes the runner of tasks hears. */
  orders: Catalog;
  host: Host;
  log: Log;
}

export function beginBackupRounds(services: BackupServices): AsyncDisposable {
  const look = () =>
    lookAtBackups(services).catch((error) =>
      services.log.error('backups could not be looked at', { error }),
    );
  return beginRounds(look, everyMs);
}

/** One that fails is told, and the others have their turn. */
export async function lookAtBackups(services: BackupServices): Promise<void> {
  const parts = [orderDueBackups, forgetDueBackups, lookAtDueSources];
  await eachInTurn(parts, (part) => part(services));
}

async function orderDueBackups(services: BackupServices): Promise<void> {
  const { orders, clock, log } = services;
  const order = async (id: string) => {
    const policy = await orders.read(({ backupPolicies }) => backupPolicies.get(id));
    if (!policy) return;
    const { region } = policy;
    const isDue = dueOf(policy, clock.now()).length > 0;
    const why = isDue && (await noRoomIn(services, region));
    if (why) {
      // It stays due, and is made up for when there is room.
      tell(log, [{ policy: id, source: region, why }]);
      await tellOfPolicy(orders, id, `${region}: ${why.message}`);
    } else tell(log, await orderDue(orders, id, services));
  };
  await eachInTurn(await dueIn(orders, 'backupPolicies', clock.now()), order, failedIn(log));
}

async function forgetDueBackups({ orders, clock, log }: BackupServices): Promise<void> {
  for (const left of await runDueForgetting(orders, clock)) {
    log.warn('a policy could not forget a backup', left);
  }
}

async function lookAtDueSources(services: BackupServices): Promise<void> {
  const { orders, clock, log } = services;
  const room = (region: string) => noRoomIn(services, region);
  const seen = new Set<string>();
  while (seen.size < sourcesMax) {
    const ids = await dueIn(orders, 'backupSources', clock.now());
    const next = ids.filter((id) => !seen.has(id));
    if (next.length === 0) return;
    const look = async (id: string) => {
      seen.add(id);
      tell(log, await orderOwed(orders, id, services, room));
      tell(log, await lookAtSource(orders, id, services));
    };
    await eachInTurn(next, look, failedIn(log));
  }
}

function noRoomIn({ host }: BackupServices, region: string) {
  return orRefusal(host.measure().then((measures) => void checkDiskRoom(measures, region)));
}

function tell(log: Log, left: readonly LeftBackup[]): void {
  for (const { policy, source, why } of left) {
    log.warn('a policy could not do its work', { policy, source, why: why.message });
  }
}

function failedIn(log: Log) {
  return (id: string, error: unknown) =>
    log.error('a policy, or a source of one, could not be looked at', { id, error });
}

/** Some of those whose time has come, or was planned by a clock that was ahead. */
async function dueIn(
  catalog: Catalog,
  table: 'backupPolicies' | 'backupSources',
  now: Date,
): Promise<string[]> {
  return catalog.read(({ backupPolicies, backupSources }) =>
    dueIds(
      (range) =>
        table === 'backupPolicies'
          ? backupPolicies.listKeys('nextRun', range)
          : backupSources.listKeys('nextLook', range),
      now,
    ),
  );
}
