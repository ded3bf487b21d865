/**
 * One guest being served: its disks on `nbd.sock`, its link, its metadata service. Changed in place
 * by `update`, so that what stays the same is not interrupted.
 */
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import type { CachedBlockReader, PeekingBlockReader } from '../blocks/cached-block-reader.ts';
import type { SealKey } from '../blocks/sealed-block.ts';
import type { Sealing } from '../blocks/sealed-blocks.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { trimIntervalMs, trimLogs } from '../foundations/console-log.ts';
import { limitedLog } from '../foundations/limited-log.ts';
import type { Log } from '../foundations/log.ts';
import { createMetadataServer } from '../imds/metadata-server.ts';
import { createNbdServer, type NbdServer } from '../nbd/nbd-server.ts';
import type {
  GuestLink,
  LinkAttachment,
  LinkStatus,
  LinkTraffic,
  MetadataConnection,
  Network,
} from '../network/network.ts';
import type { GuestAttachment, GuestExport } from './data-plane.ts';
import type { FairTurns } from './fair-turns.ts';
import { KeyedDisk } from './keyed-disk.ts';
import type { SealKeys } from './seal-keys.ts';
import { SerialConsole } from './serial-console.ts';

export interface GuestServices {
  /** Of its region. */
  blocks: CachedBlockReader;
  /** Of all guests, for what is not in memory. */
  turns: FairTurns;
  keys: SealKeys;
  sealing: Sealing;
  network: Network;
  /** Key of the metadata service's session tokens. */
  secret: Buffer;
  log: Log;
}

export interface GuestFolders {
  /** Of the machine: what Imago writes, and its console. */
  records: string;
  sockets: string;
}

export class Guest {
  /** From layout 2 on; before, the console is a file that Imago cuts, and takes no input. */
  readonly console: SerialConsole | undefined;
  readonly #trimming: NodeJS.Timeout | undefined;
  readonly #folder: string;
  readonly #services: GuestServices;
  readonly #nbd: NbdServer;
  readonly #metadataServer: Server;
  readonly #blocks: PeekingBlockReader;
  #source: CachedBlockReader;
  #attachment: GuestAttachment;
  #link: LinkAttachment;
  /** What `#link` was made for, while it is whole. */
  #plugged: GuestLink | undefined;
  /**
   * Opened when first asked for: a failure is answered to that client and tried again for the next.
   */
  #disks = new Map<string, Promise<Disk>>();

  private constructor(folders: GuestFolders, attachment: GuestAttachment, services: GuestServices) {
    this.#folder = folders.sockets;
    this.#services = services;
    this.#attachment = attachment;
    const { instanceId } = attachment;
    const log = limitedLog(services.log);
    this.#source = services.blocks;
    this.#blocks = this.#inTurn(() => this.#source);
    this.#nbd = createNbdServer({
      // One for each disk, and one more while it goes over to another base or connects again.
      connectionsMax: () => 2 * (1 + this.#attachment.metadata.ebsDeviceNames.length),
      lookup: (exportName) => this.#lookup(exportName),
      onError: (error, exportName) =>
        log.error('a guest read failed', { instanceId, exportName, error }),
    });
    this.#metadataServer = createMetadataServer({
      metadata: () => this.#attachment.metadata,
      secret: services.secret,
      setHopLimit: (request, hops) =>
        (request.socket as unknown as MetadataConnection).setHopLimit(hops),
    });
    this.#link = this.#attachLink();
    if ((attachment.layout ?? 1) > 1) {
      this.console = new SerialConsole(path.join(folders.sockets, 'console.sock'));
      this.#trimming = setInterval(() => {
        trimLogs(folders.records).catch((error) =>
          log.warn('the logs of a machine could not be cut', { instanceId, error }),
        );
      }, trimIntervalMs).unref();
    }
  }

  /** Resolves when the guest's exports can be connected to. */
  static async serve(
    folders: GuestFolders,
    attachment: GuestAttachment,
    services: GuestServices,
  ): Promise<Guest> {
    const guest = new Guest(folders, attachment, services);
    try {
      await guest.#nbd.listen(path.join(folders.sockets, 'nbd.sock'));
      return guest;
    } catch (error) {
      await guest.close();
      throw error;
    }
  }

  async update(attachment: GuestAttachment, blocks: CachedBlockReader): Promise<void> {
    this.#attachment = attachment;
    this.#source = blocks;
    const roots = new Set(attachment.exports.map((item) => item.root));
    for (const root of this.#disks.keys()) if (!roots.has(root)) this.#disks.delete(root);
    if (JSON.stringify(this.#plugged) !== JSON.stringify(attachment.link)) {
      // Where this fails half way the next update begins again.
      this.#plugged = undefined;
      await this.#link.close();
      this.#link = this.#attachLink();
    } else {
      this.#link.join(attachment.vpc);
    }
  }

  status(): { instanceId: string; link: LinkStatus } {
    return { instanceId: this.#attachment.instanceId, link: this.#link.status() };
  }

  traffic(): LinkTraffic {
    return this.#link.traffic();
  }

  async close(): Promise<void> {
    clearInterval(this.#trimming);
    this.console?.close();
    await Promise.all([this.#nbd.close(), this.#link.close()]);
    // The machine's user may have laid something else there, which goes with the machine.
    await rm(path.join(this.#folder, 'nbd.sock'), { force: true }).catch((error) => {
      const { instanceId } = this.#attachment;
      this.#services.log.warn('the socket of a guest was not removed', { instanceId, error });
    });
  }

  #attachLink(): LinkAttachment {
    const { link, vpc } = this.#attachment;
    const attached = this.#services.network.attach(this.#folder, link, {
      onMetadataConnection: (connection) => this.#metadataServer.emit('connection', connection),
    });
    try {
      attached.join(vpc);
    } catch (error) {
      void attached.close();
      throw error;
    }
    this.#plugged = link;
    return attached;
  }

  /**
   * Only what the attachment names: a block map of another instance cannot be read here even if its
   * name is known.
   */
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

  async #openDisk({ root, sizeBytes, sealKeyId }: GuestExport): Promise<Disk> {
    if (sealKeyId === undefined) return this.#openMap({ root, sizeBytes });
    // A connection does not wait as long as a read may.
    return new KeyedDisk(sizeBytes, async () => {
      const key = await this.#services.keys.get(sealKeyId);
      return this.#openMap({ root, sizeBytes }, this.#opened(key));
    });
  }

  async #openMap(
    { root, sizeBytes }: Pick<GuestExport, 'root' | 'sizeBytes'>,
    blocks?: PeekingBlockReader,
  ): Promise<Disk> {
    const disk = await openSnapshotDisk(this.#blocks, root, blocks);
    if (disk.sizeBytes === sizeBytes) return disk;
    throw new Error(`block map ${root} has ${disk.sizeBytes} bytes, not ${sizeBytes}`);
  }

  #opened(key: SealKey): PeekingBlockReader {
    let [source, opened]: (CachedBlockReader | undefined)[] = [];
    return this.#inTurn(() => {
      if (!opened || source !== this.#source) {
        source = this.#source;
        opened = source.opened(key, this.#services.sealing);
      }
      return opened;
    });
  }

  /** What is in memory is given at once. */
  #inTurn(reader: () => CachedBlockReader): PeekingBlockReader {
    const { turns } = this.#services;
    return {
      peek: (digest) => reader().peek(digest),
      get: async (digest) => reader().peek(digest) ?? turns.run(this, () => reader().get(digest)),
      has: (digest) => reader().has(digest),
    };
  }
}
