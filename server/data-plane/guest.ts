/**
 * One guest being served: its disks on `nbd.sock`, its link, its metadata service. Changed in place
 * by `update`, so that what stays the same is not interrupted.
 */
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import { trimIntervalMs, trimLogs } from '../foundations/console-log.ts';
import type { Log } from '../foundations/log.ts';
import { createMetadataServer } from '../imds/metadata-server.ts';
import type {
  GuestLink,
  LinkAttachment,
  LinkStatus,
  LinkTraffic,
  MetadataConnection,
  Network,
} from '../network/network.ts';
import type { GuestAttachment } from './data-plane.ts';
import type { DiskServers } from './disk-servers.ts';
import { SerialConsole } from './serial-console.ts';
import { saysSsh } from './ssh-banner.ts';

export interface GuestServices {
  disks: DiskServers;
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
  readonly #metadataServer: Server;
  #attachment: GuestAttachment;
  #link: LinkAttachment;
  /** What `#link` was made for, while it is whole. */
  #plugged: GuestLink | undefined;

  private constructor(folders: GuestFolders, attachment: GuestAttachment, services: GuestServices) {
    this.#folder = folders.sockets;
    this.#services = services;
    this.#attachment = attachment;
    const { instanceId } = attachment;
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
          services.log.warn('the logs of a machine could not be cut', { instanceId, error }),
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
      await guest.#serveDisks();
      return guest;
    } catch (error) {
      await guest.close();
      throw error;
    }
  }

  async update(attachment: GuestAttachment): Promise<void> {
    this.#attachment = attachment;
    await this.#serveDisks();
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

  /** Of one that is isolated: whether its SSH server answers. */
  async answersSsh(): Promise<boolean> {
    const connection = await this.#link.dial().catch(() => undefined);
    return connection !== undefined && saysSsh(connection);
  }

  async close(): Promise<void> {
    clearInterval(this.#trimming);
    this.console?.close();
    const { instanceId } = this.#attachment;
    await Promise.all([this.#services.disks.drop(instanceId), this.#link.close()]);
    // The machine's user may have laid something else there, which goes with the machine.
    await rm(this.#socketPath, { force: true }).catch((error) => {
      this.#services.log.warn('the socket of a guest was not removed', { instanceId, error });
    });
  }

  get #socketPath(): string {
    return path.join(this.#folder, 'nbd.sock');
  }

  #serveDisks(): Promise<void> {
    const { instanceId, exports, metadata } = this.#attachment;
    // One for each disk, and one more while it goes over to another base or connects again.
    const connectionsMax = 2 * (1 + metadata.ebsDeviceNames.length);
    const { disks } = this.#services;
    return disks.serve({ instanceId, socketPath: this.#socketPath, exports, connectionsMax });
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
}
