/**
 * Serves guests their disks in this thread: an NBD server each, over block maps whose blocks are in
 * the memory that threads share. It knows no store and no keys: blocks that are not in memory are
 * asked for. What a change leaves as it is is not interrupted.
 */
import { KnownBlocks, SharedBlockReader } from '../blocks/shared-block-reader.ts';
import type { Place, SharedBlocks } from '../blocks/shared-blocks.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { createNbdServer, type NbdServer } from '../nbd/nbd-server.ts';
import type { GuestExport } from './data-plane.ts';
import type { DiskServers, GuestDisks } from './disk-servers.ts';
import type { WantedBlock } from './guest-blocks.ts';

export interface FailedRead {
  instanceId: string;
  exportName: string | undefined;
  error: unknown;
}

export interface DisksHereOptions {
  blocks: SharedBlocks;
  /** The block is in memory when it resolves. */
  find(instanceId: string, wanted: WantedBlock): Promise<Place>;
  onFailedRead(failed: FailedRead): void;
}

interface Served {
  disks: GuestDisks;
  server: NbdServer;
  /**
   * Opened when first asked for: a failure is answered to that client and tried again for the next.
   */
  opened: Map<string, Promise<Disk>>;
}

export class DisksHere implements DiskServers {
  readonly #options: DisksHereOptions;
  readonly #served = new Map<string, Served>();
  /** By the id of the key that blocks were opened with; none: ''. */
  readonly #known = new Map<string, KnownBlocks>();

  constructor(options: DisksHereOptions) {
    this.#options = options;
  }

  async serve(disks: GuestDisks): Promise<void> {
    const { instanceId, socketPath } = disks;
    const served = this.#served.get(instanceId);
    if (served) {
      served.disks = disks;
      const roots = new Set(disks.exports.map(({ root }) => root));
      for (const root of served.opened.keys()) if (!roots.has(root)) served.opened.delete(root);
      return;
    }
    const begun: Served = { disks, server: this.#serverOf(instanceId), opened: new Map() };
    this.#served.set(instanceId, begun);
    try {
      await begun.server.listen(socketPath);
    } catch (error) {
      this.#served.delete(instanceId);
      throw error;
    }
  }

  async drop(instanceId: string): Promise<void> {
    const served = this.#served.get(instanceId);
    this.#served.delete(instanceId);
    await served?.server.close();
  }

  #serverOf(instanceId: string): NbdServer {
    return createNbdServer({
      connectionsMax: () => this.#served.get(instanceId)?.disks.connectionsMax ?? 0,
      lookup: (exportName) => this.#lookup(instanceId, exportName),
      onError: (error, exportName) => this.#options.onFailedRead({ instanceId, exportName, error }),
    });
  }

  /**
   * Only what the guest is served: a block map of another instance cannot be read here even if its
   * name is known.
   */
  async #lookup(instanceId: string, exportName: string): Promise<Disk | undefined> {
    const { disks, opened } = this.#served.get(instanceId) ?? {};
    const found = disks?.exports.find(({ root }) => root === exportName);
    if (!found || !opened) return undefined;
    let disk = opened.get(exportName);
    if (!disk) {
      disk = this.#open(instanceId, found);
      opened.set(exportName, disk);
      disk.catch(() => opened.delete(exportName));
    }
    return disk;
  }

  async #open(instanceId: string, { root, sizeBytes, sealKeyId }: GuestExport): Promise<Disk> {
    const pages = this.#readerOf(instanceId);
    const blocks = sealKeyId === undefined ? pages : this.#readerOf(instanceId, sealKeyId);
    const disk = await openSnapshotDisk(pages, root, blocks);
    if (disk.sizeBytes === sizeBytes) return disk;
    throw new Error(`block map ${root} has ${disk.sizeBytes} bytes, not ${sizeBytes}`);
  }

  #readerOf(instanceId: string, sealKeyId?: string): SharedBlockReader {
    const { blocks, find } = this.#options;
    const space = sealKeyId ?? '';
    const known = this.#known.get(space) ?? new KnownBlocks();
    this.#known.set(space, known);
    return new SharedBlockReader(blocks, known, (digest) =>
      find(instanceId, { digest, sealKeyId }),
    );
  }
}
