/** Who serves guests their disks: this thread (disks-here.ts) or several (disk-threads.ts). */
import type { GuestExport } from './data-plane.ts';

export interface GuestDisks {
  instanceId: string;
  socketPath: string;
  exports: readonly GuestExport[];
  connectionsMax: number;
}

export interface DiskServers {
  /** Makes what the guest is served exactly this; resolves when it can be connected to. */
  serve(disks: GuestDisks): Promise<void>;
  /** Cuts the guest's connections. */
  drop(instanceId: string): Promise<void>;
}
