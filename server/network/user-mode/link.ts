/**
 * The cable of one guest: copies frames between the machine's network card (nic.sock) and QEMU's
 * user network (up.sock) through the filter, and answers as 169.254.169.254 itself.
 * QEMU listens on both and listens again when this process died: the link connects, and connects
 * again, for as long as it is attached. While one end is missing, frames for it are dropped, as on
 * any cable.
 * Bounded: a full end stops the reading of the other; frames of the link's own are dropped while
 * the card is full.
 */

import path from 'node:path';
import { limitedLog } from '../../foundations/limited-log.ts';
import type { Log } from '../../foundations/log.ts';
import type { HostReach } from '../host-reach.ts';
import type { AttachOptions, GuestLink, LinkAttachment, LinkStatus, Network } from '../network.ts';
import { encodeFrame, FrameReader, type FrameVisitor, lengthBytes } from './frames.ts';
import type { HostAddresses } from './host-addresses.ts';
import { LinkEnd } from './link-end.ts';
import { type DropReason, LinkFilter, metadataIp } from './link-filter.ts';
import {
  buildArp,
  buildIpv4,
  buildTcp,
  parseArp,
  parseIpv4,
  parseIpv4Address,
  parseMacAddress,
  parseTcp,
  protocolTcp,
  type TcpSegment,
} from './packets.ts';
import { TcpListener } from './tcp-listener.ts';

/** A locally administered address that spells 169.254.169.254. */
const metadataMac = parseMacAddress('02:00:a9:fe:a9:fe');

export interface UserModeNetworkOptions {
  log: Log;
  /** Guests do not reach these, but for what of them is opened. */
  hostAddresses?: HostAddresses;
  hostReach?: HostReach;
}

export function createUserModeNetwork(options: UserModeNetworkOptions): Network {
  return { attach: (folder, link, attached) => new Link(folder, link, attached, options) };
}

class Link implements LinkAttachment {
  #guestMac: number;
  #guestIp: number;
  #filter: LinkFilter;
  #metadata: TcpListener;
  #nic: LinkEnd;
  #up: LinkEnd;
  #dropped: Partial<Record<DropReason, number>> = {};
  /** A run of frames that pass, lengths included, not yet handed to `up`. */
  #run: { buffer: Buffer; start: number; end: number } | undefined;

  constructor(
    folder: string,
    link: GuestLink,
    options: AttachOptions,
    { log: unlimited, hostAddresses, hostReach }: UserModeNetworkOptions,
  ) {
    const log = limitedLog(unlimited);
    this.#guestMac = parseMacAddress(link.mac);
    this.#guestIp = parseIpv4Address(link.privateIp);
    const isOfHost = hostAddresses && ((address: number) => hostAddresses.has(address));
    this.#filter = new LinkFilter(link, { isOfHost, hostReach });
    this.#metadata = new TcpListener({
      send: (segment, hops) => this.#sendSegment(segment, hops),
      onConnection: options.onMetadataConnection,
    });
    this.#nic = new LinkEnd({
      path: path.join(folder, 'nic.sock'),
      log,
      createReader: () =>
        this.#reader(
          (buffer, start, end) => this.#fromGuest(buffer, start, end),
          () => this.#up,
        ),
    });
    this.#up = new LinkEnd({
      path: path.join(folder, 'up.sock'),
      log,
      createReader: () =>
        this.#reader(
          (buffer, start, end) => {
            this.#filter.observe(buffer, start, end);
            this.#extendRun(buffer, start, end, this.#nic);
          },
          () => this.#nic,
        ),
    });
    this.#nic.feeds(this.#up);
    this.#up.feeds(this.#nic);
  }

  status(): LinkStatus {
    return {
      nic: this.#nic.isConnected,
      up: this.#up.isConnected,
      dropped: { ...this.#dropped },
    };
  }

  async close(): Promise<void> {
    this.#metadata.close();
    await Promise.all([this.#nic.close(), this.#up.close()]);
  }

  #reader(visit: FrameVisitor, target: () => LinkEnd): (chunk: Buffer) => void {
    const reader = new FrameReader(visit);
    return (chunk) => {
      try {
        reader.push(chunk);
      } finally {
        this.#flushRun(target());
      }
    };
  }

  #fromGuest(buffer: Buffer, start: number, end: number): void {
    const verdict = this.#filter.judge(buffer, start, end);
    switch (verdict) {
      case 'up':
        this.#extendRun(buffer, start, end, this.#up);
        break;
      case 'metadata-arp':
        this.#answerArp(buffer, start, end);
        break;
      case 'metadata-tcp':
        this.#receiveSegment(buffer, start, end);
        break;
      default:
        this.#dropped[verdict] = (this.#dropped[verdict] ?? 0) + 1;
    }
  }

  /** Frames that lie side by side leave as the one slice that they are. */
  #extendRun(buffer: Buffer, start: number, end: number, target: LinkEnd): void {
    const from = start - lengthBytes;
    if (this.#run?.buffer === buffer && this.#run.end === from) {
      this.#run.end = end;
      return;
    }
    this.#flushRun(target);
    this.#run = { buffer, start: from, end };
  }

  #flushRun(target: LinkEnd): void {
    if (!this.#run) return;
    const { buffer, start, end } = this.#run;
    this.#run = undefined;
    target.write(buffer.subarray(start, end));
  }

  #answerArp(buffer: Buffer, start: number, end: number): void {
    const request = parseArp(buffer, start, end);
    if (!request) return;
    const macs = { source: metadataMac, target: this.#guestMac };
    this.#sendToGuest(buildArp(2, macs, { source: metadataIp, target: request.senderIp }));
  }

  #receiveSegment(buffer: Buffer, start: number, end: number): void {
    const packet = parseIpv4(buffer, start, end);
    const segment = packet && parseTcp(buffer, packet.payloadStart, packet.payloadEnd);
    if (segment) this.#metadata.receive(segment);
  }

  #sendSegment(segment: TcpSegment, hops: number): void {
    const macs = { source: metadataMac, target: this.#guestMac };
    const ips = { source: metadataIp, target: this.#guestIp };
    this.#sendToGuest(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment), hops));
  }

  #sendToGuest(frame: Buffer): void {
    if (!this.#nic.isFull) this.#nic.write(encodeFrame(frame));
  }
}
