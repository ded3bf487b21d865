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
import { dueIds } from './domain/due-rows.ts';
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

export async function lookAtBackups(services: BackupServices): Promise<void> {
  const { orders, clock, host, log, masterKey, ids, site } = services;
  const place = { clock, ids, masterKey, site };
  const tell = (left: readonly LeftBackup[]) => {
    for (const { policy, source, why } of left) {
      log.warn('a policy could not do its work', { policy, source, why: why.message });
    }
  };
  const noRoomIn = (region: string) =>
    orRefusal(host.measure().then((measures) => void checkDiskRoom(measures, region)));
  for (const id of await dueIn(orders, 'backupPolicies', clock.now())) {
    const policy = await orders.read(({ backupPolicies }) => backupPolicies.get(id));
    if (!policy) continue;
    const { region } = policy;
    const isDue = dueOf(policy, clock.now()).length > 0;
    const why = isDue && (await noRoomIn(region));
    if (why) {
      // It stays due, and is made up for when there is room.
      tell([{ policy: id, source: region, why }]);
      await tellOfPolicy(orders, id, `${region}: ${why.message}`);
    } else tell(await orderDue(orders, id, place));
  }
  for (const left of await runDueForgetting(orders, clock)) {
    log.warn('a policy could not forget a backup', left);
  }
  const seen = new Set<string>();
  while (seen.size < sourcesMax) {
    const ids = await dueIn(orders, 'backupSources', clock.now());
    const next = ids.filter((id) => !seen.has(id));
    if (next.length === 0) return;
    for (const id of next) {
      seen.add(id);
      tell(await orderOwed(orders, id, place, noRoomIn));
      tell(await lookAtSource(orders, id, place));
    }
  }
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
