/**
 * One guest being served: its disks on `nbd.sock`, its link, its metadata service. Changed in place by `update`, so that
 * what stays the same is not interrupted.
 */
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import type { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import type { Log } from '../foundations/log.ts';
import { createMetadataServer } from '../imds/metadata-server.ts';
import { createNbdServer, type NbdServer } from '../nbd/nbd-server.ts';
import type {
  LinkAttachment,
  LinkStatus,
  MetadataConnection,
  Network,
} from '../network/network.ts';
import type { GuestAttachment } from './data-plane.ts';

export interface GuestServices {
  blocks: CachedBlockReader;
  network: Network;
  /** Key of the metadata service's session tokens. */
  secret: Buffer;
  log: Log;
}

export class Guest {
  readonly #folder: string;
  readonly #services: GuestServices;
  readonly #nbd: NbdServer;
  readonly #metadataServer: Server;
  #attachment: GuestAttachment;
  #link: LinkAttachment;
  /** Opened when first asked for: a failure is answered to that client and tried again for the next. */
  #disks = new Map<string, Promise<Disk>>();

  private constructor(folder: string, attachment: GuestAttachment, services: GuestServices) {
    this.#folder = folder;
    this.#services = services;
    this.#attachment = attachment;
    const { instanceId } = attachment;
    this.#nbd = createNbdServer({
      lookup: (exportName) => this.#lookup(exportName),
      onError: (error, exportName) =>
        services.log.error('a guest read failed', { instanceId, exportName, error }),
    });
    this.#metadataServer = createMetadataServer({
      metadata: () => this.#attachment.metadata,
      secret: services.secret,
      setHopLimit: (request, hops) =>
        (request.socket as unknown as MetadataConnection).setHopLimit(hops),
    });
    this.#link = this.#attachLink();
  }

  /** Resolves when the guest's exports can be connected to. */
  static async serve(
    folder: string,
    attachment: GuestAttachment,
    services: GuestServices,
  ): Promise<Guest> {
    const guest = new Guest(folder, attachment, services);
    try {
      const socketPath = path.join(folder, 'nbd.sock');
      // One data plane serves a home at a time: what is there was left behind by one that died.
      await rm(socketPath, { force: true });
      await guest.#nbd.listen(socketPath);
      // Its folder bars all but the machine's user.
      await chmod(socketPath, 0o666);
      return guest;
    } catch (error) {
      await guest.close();
      throw error;
    }
  }

  async update(attachment: GuestAttachment): Promise<void> {
    const previous = this.#attachment;
    this.#attachment = attachment;
    const roots = new Set(attachment.exports.map((item) => item.root));
    for (const root of this.#disks.keys()) if (!roots.has(root)) this.#disks.delete(root);
    if (JSON.stringify(previous.link) !== JSON.stringify(attachment.link)) {
      await this.#link.close();
      this.#link = this.#attachLink();
    }
  }

  status(): { instanceId: string; link: LinkStatus } {
    return { instanceId: this.#attachment.instanceId, link: this.#link.status() };
  }

  async close(): Promise<void> {
    await Promise.all([this.#nbd.close(), this.#link.close()]);
    await rm(path.join(this.#folder, 'nbd.sock'), { force: true });
  }

  #attachLink(): LinkAttachment {
    return this.#services.network.attach(this.#folder, this.#attachment.link, {
      onMetadataConnection: (connection) => this.#metadataServer.emit('connection', connection),
    });
  }

  /** Only what the attachment names: a block map of another instance cannot be read here even if its name is known. */
  async #lookup(exportName: string): Promise<Disk | undefined> {
    const found = this.#attachment.exports.find((item) => item.root === exportName);
    if (!found) return undefined;
    let disk = this.#disks.get(exportName);
    if (!disk) {
      disk = this.#openDisk(found);
      this.#disks.set(exportName, disk);
      disk.catch(() => this.#disks.delete(exportName));
    }
    return disk;
  }

  async #openDisk({ root, sizeBytes }: { root: string; sizeBytes: number }): Promise<Disk> {
    const disk = await openSnapshotDisk(this.#services.blocks, root);
    if (disk.sizeBytes !== sizeBytes) {
      throw new Error(`block map ${root} has ${disk.sizeBytes} bytes, not ${sizeBytes}`);
    }
    return disk;
  }
}
