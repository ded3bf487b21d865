/**
 * Strays: files of guests and volumes that no row names. They wait for the grace too, so that there
 * is time to notice a wrong catalog, or one that was restored; since when each is known is on
 * record, for whoever collects next. Without the record they begin anew.
 */
import type { Catalog, TableReader } from '../catalog/catalog.ts';
import type { TableName } from '../catalog/table-rows.ts';
import type { Clock } from '../domain/identity.ts';
import type { Files } from '../files/files.ts';
import { readFileWithin, replaceFile } from '../files/whole-file.ts';
import type { Home } from '../foundations/home.ts';
import type { Log } from '../foundations/log.ts';
import type { Host } from '../host/host.ts';

/** What a collection needs of a host. */
export type Belongings = Pick<Host, 'belongings' | 'remove' | 'forget' | 'removeVolume'>;

export interface StrayServices {
  catalog: Catalog;
  host: Belongings;
  home: Home;
  files: Files;
  clock: Clock;
  log: Log;
}

export interface Strays {
  instanceIds: string[];
  volumeIds: string[];
}

/** Far more than a home has. */
const recordMaxBytes = 16 * 1024 * 1024;

/** Answers what it removed, or with `reportOnly` would have. */
export async function removeStrays(
  services: StrayServices,
  { graceMs, reportOnly }: { graceMs: number; reportOnly?: boolean },
): Promise<Strays> {
  const { host, log } = services;
  const strays = await findStrays(services);
  const since = await sinceWhen(services, strays, reportOnly);
  const now = services.clock.now().getTime();
  const ripe = (id: string) => now - (since.get(id) ?? now) >= graceMs;
  const instanceIds = strays.instanceIds.filter(ripe);
  const volumeIds = strays.volumeIds.filter(ripe);
  if (reportOnly) return { instanceIds, volumeIds };
  return {
    instanceIds: await each(instanceIds, log, async (id) => {
      await host.remove(id);
      await host.forget(id);
    }),
    volumeIds: await each(volumeIds, log, (id) => host.removeVolume(id)),
  };
}

/** What is there is listed before the rows are read: rows are written before files. */
async function findStrays({ host, catalog }: StrayServices): Promise<Strays> {
  const there = await host.belongings();
  return catalog.read(async (reader) => ({
    instanceIds: await withoutRow(there.instanceIds, reader.instances),
    volumeIds: await withoutRow(there.volumeIds, reader.volumes, reader.recycledVolumes),
  }));
}

async function withoutRow(
  ids: readonly string[],
  ...tables: readonly Pick<TableReader<TableName>, 'get'>[]
): Promise<string[]> {
  const strays: string[] = [];
  for (const id of ids) {
    const rows = await Promise.all(tables.map((table) => table.get(id)));
    if (rows.every((row) => row === undefined)) strays.push(id);
  }
  return strays;
}

async function sinceWhen(
  { home, files, clock, log }: StrayServices,
  { instanceIds, volumeIds }: Strays,
  reportOnly = false,
): Promise<ReadonlyMap<string, number>> {
  const known = await readRecord(files, home.straysFile);
  const now = clock.now().getTime();
  const since = new Map([...instanceIds, ...volumeIds].map((id) => [id, known.get(id) ?? now]));
  const changed = since.size !== known.size || [...since.keys()].some((id) => !known.has(id));
  if (changed && !reportOnly) {
    const bytes = Buffer.from(JSON.stringify(Object.fromEntries(since)));
    // On a full disk what is known already can go nevertheless.
    await replaceFile(files, home.straysFile, bytes).catch((error) =>
      log.warn('what no row names is not on record', { error }),
    );
  }
  return since;
}

async function readRecord(files: Files, file: string): Promise<ReadonlyMap<string, number>> {
  try {
    const bytes = await readFileWithin(files, file, recordMaxBytes);
    const record: object = JSON.parse(bytes?.toString() ?? '{}');
    return new Map(Object.entries(record).filter(([, since]) => Number.isFinite(since)));
  } catch {
    return new Map();
  }
}

/** Those that it worked for; the others stay for the next collection. */
async function each(
  ids: readonly string[],
  log: Log,
  remove: (id: string) => Promise<void>,
): Promise<string[]> {
  const removed: string[] = [];
  for (const id of ids) {
    try {
      await remove(id);
      removed.push(id);
    } catch (error) {
      log.error('files that no row names could not be removed', { id, error });
    }
  }
  return removed;
}
