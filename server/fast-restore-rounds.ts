/**
 * Fast snapshot restores are looked at, at the start and every minute: those of deleted snapshots
 * end, a plain base that made way is ordered again, one that nobody wants is let go of.
 */
import type { Catalog } from './catalog/catalog.ts';
import { type RestoreIdentity, reviewFastRestores } from './domain/fast-restores.ts';
import type { Log } from './foundations/log.ts';
import type { Host } from './host/host.ts';

const minuteMs = 60_000;

interface FastRestoreServices extends RestoreIdentity {
  catalog: Catalog;
  host: Host;
  log: Log;
  /** There may be tasks to do. */
  wake(): void;
}

export function beginFastRestoreRounds(
  services: FastRestoreServices,
  everyMs = minuteMs,
): AsyncDisposable {
  const { log } = services;
  let looking = Promise.resolve();
  const look = () => {
    looking = lookAtFastRestores(services).catch((error) =>
      log.error('fast snapshot restores could not be looked at', { error }),
    );
  };
  look();
  const rounds = setInterval(look, everyMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(rounds);
      await looking;
    },
  };
}

export async function lookAtFastRestores(services: FastRestoreServices): Promise<void> {
  const { catalog, host, wake, ...identity } = services;
  const kept = (await host.plainBases()).filter((file) => file.kept);
  const unwanted = await catalog.write((transaction) =>
    reviewFastRestores(transaction, kept, identity),
  );
  for (const root of unwanted) await host.releasePlain(root);
  wake();
}
