/** What the driver works with, and tasks beside it; main.ts makes it. */
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock } from '../domain/identity.ts';
import type { Site } from '../domain/site.ts';
import type { Log } from '../foundations/log.ts';
import type { Host } from '../host/host.ts';
import type { Locks } from './locks.ts';

export interface DriverServices {
  catalog: Catalog;
  host: Host;
  clock: Clock;
  site: Site;
  log: Log;
  /** One for the driver and for all tasks. */
  locks: Locks;
  /** A guest stands still, since its disk cannot be read. */
  onDiskError?: (instanceId: string) => void;
}
