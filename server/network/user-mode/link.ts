/**
 * The cable of one guest: copies frames between the machine's network card (nic.sock) and QEMU's
 * user network (up.sock) through the filter, answers as 169.254.169.254 itself, and dials a guest
 * that is isolated as its gateway.
 * QEMU listens on both and listens again when this process died: the link connects, and connects
 * again, for as long as it is attached. While one end is missing, frames for it are dropped, as on
 * any cable.
 * Bounded: a full end stops the reading of the other; frames of the link's own are dropped while
 * the card is full.
 */

import path from 'node:path';
import type { Duplex } from 'node:stream';
import { limitedLog } from '../../foundations/limited-log.ts';
import type { Log } from '../../foundations/log.ts';
import type { HostReach } from '../host-reach.ts';
import type {
  AttachOptions,
  GuestLink,
  GuestVpc,
  LinkAttachment,
  LinkStatus,
  LinkTraffic,
  Network,
} from '../network.ts';
import { Firewall } from './firewall.ts';
import { encodeFrame, FrameReader, type FrameVisitor, lengthBytes } from './frames.ts';
import type { HostAddresses } from './host-addresses.ts';
import { LinkEnd } from './link-end.ts';
import { type DropReason, LinkFilter, metadataIp, sshPort } from './link-filter.ts';
import {
  buildArp,
  buildIpv4,
  buildTcp,
  buildUdp,
  macBytes,
  parseArp,
  parseIpv4,
  parseIpv4Address,
  parseIpv4Range,
  parseMacAddress,
  parseTcp,
  parseUdp,
  protocolTcp,
  protocolUdp,
  type TcpSegment,
} from './packets.ts';
import { answerPrivateName, type PrivateNames } from './private-names.ts';
import { RecentFlows } from './recent-flows.ts';
import { TcpDialer } from './tcp-dialer.ts';
import { TcpListener } from './tcp-listener.ts';
import { trafficOf } from './traffic.ts';
import { type Member, passes, Vpcs } from './vpc.ts';

/** A locally administered address that spells 169.254.169.254. */
const metadataMac = parseMacAddress('02:00:a9:fe:a9:fe');

export interface UserModeNetworkOptions {
  log: Log;
  /** Guests do not reach these, but for what of them is opened. */
  hostAddresses?: HostAddresses;
  hostReach?: HostReach;
}

export function createUserModeNetwork(options: UserModeNetworkOptions): Network {
  const vpcs = new Vpcs<Guest>();
  return { attach: (folder, link, attached) => new Link(folder, link, attached, options, vpcs) };
}

/** A guest as others reach it. */
interface Guest extends Member {
  nic: LinkEnd;
}

class Link implements LinkAttachment {
  #guestMac: number;
  #guestIp: number;
  #dnsIp: number;
  #filter: LinkFilter;
  #vpcs: Vpcs<Guest>;
  /** As which it is in its VPC, and what the VPC's names are. */
  #membership: { vpcId: string; guest: Guest; names: PrivateNames } | undefined;
  #asked = new RecentFlows();
  #metadata: TcpListener;
  /** Of one that is isolated: nobody else has the gateway's ports then. */
  #dialer: TcpDialer | undefined;
  #nic: LinkEnd;
  #up: LinkEnd;
  #dropped: Partial<Record<DropReason, number>> = {};
  #sent = { bytes: 0, packets: 0 };
  /** A run of frames that pass, lengths included, not yet handed to their target. */
  #run: { buffer: Buffer; start: number; end: number; target: LinkEnd } | undefined;

  constructor(
    folder: string,
    link: GuestLink,
    options: AttachOptions,
    { log: unlimited, hostAddresses, hostReach }: UserModeNetworkOptions,
    vpcs: Vpcs<Guest>,
  ) {
    this.#vpcs = vpcs;
    this.#dnsIp = parseIpv4Address(link.dnsIp);
    const log = limitedLog(unlimited);
    this.#guestMac = parseMacAddress(link.mac);
    this.#guestIp = parseIpv4Address(link.privateIp);
    const isOfHost = hostAddresses && ((address: number) => hostAddresses.has(address));
    this.#filter = new LinkFilter(link, { isOfHost, hostReach });
    this.#metadata = new TcpListener({
      send: (segment, hops) => this.#sendSegment(metadataIp, segment, hops),
      onConnection: options.onMetadataConnection,
    });
    const gatewayIp = parseIpv4Address(link.gatewayIp);
    const send = (segment: TcpSegment, hops: number) => this.#sendSegment(gatewayIp, segment, hops);
    this.#dialer = link.isolated && new TcpDialer(send);
    this.#nic = new LinkEnd({
      path: path.join(folder, 'nic.sock'),
      log,
      createReader: () => this.#reader((buffer, start, end) => this.#fromGuest(buffer, start, end)),
    });
    this.#up = new LinkEnd({
      path: path.join(folder, 'up.sock'),
      log,
      createReader: () =>
        this.#reader((buffer, start, end) => {
          this.#filter.observe(buffer, start, end);
          this.#extendRun(buffer, start, end, this.#nic);
        }),
    });
    this.#nic.feeds(this.#up);
    this.#up.feeds(this.#nic);
  }

  join(vpc: GuestVpc | undefined): void {
    const range = vpc && parseIpv4Range(vpc.cidr);
    const firewall = vpc && new Firewall(vpc);
    this.#leave();
    this.#filter.vpc = range && firewall && { range, firewall };
    if (!vpc || !range || !firewall) return;
    const asked = this.#asked;
    const guest = { ip: this.#guestIp, mac: this.#guestMac, nic: this.#nic, firewall, asked };
    this.#vpcs.join(vpc.id, guest);
    this.#membership = { vpcId: vpc.id, guest, names: { domain: vpc.domain, range } };
  }

  #leave(): void {
    if (this.#membership) this.#vpcs.leave(this.#membership.vpcId, this.#membership.guest);
    this.#membership = undefined;
  }

  status(): LinkStatus {
    return {
      nic: this.#nic.isConnected,
      up: this.#up.isConnected,
      dropped: { ...this.#dropped },
    };
  }

  traffic(): LinkTraffic {
    const { given } = this.#nic;
    return {
      receivedBytes: given.bytes,
      receivedPackets: given.packets,
      sentBytes: this.#sent.bytes,
      sentPackets: this.#sent.packets,
    };
  }

  async dial(): Promise<Duplex> {
    if (!this.#dialer) throw new Error('only a guest that is isolated is dialed');
    return this.#dialer.dial(sshPort);
  }

  async close(): Promise<void> {
    this.#leave();
    this.#metadata.close();
    this.#dialer?.close();
    await Promise.all([this.#nic.close(), this.#up.close()]);
  }

  #reader(visit: FrameVisitor): (chunk: Buffer) => void {
    const reader = new FrameReader(visit);
    return (chunk) => {
      try {
        reader.push(chunk);
      } finally {
        this.#flushRun();
      }
    };
  }

  #fromGuest(buffer: Buffer, start: number, end: number): void {
    this.#sent.bytes += end - start;
    this.#sent.packets += 1;
    const verdict = this.#filter.judge(buffer, start, end);
    switch (verdict) {
      case 'up':
        this.#extendRun(buffer, start, end, this.#up);
        break;
      case 'vpc': {
        const refused = this.#forward(buffer, start, end);
        if (refused) this.#drop(refused);
        break;
      }
      case 'dns':
        if (!this.#answerDns(buffer, start, end)) this.#extendRun(buffer, start, end, this.#up);
        break;
      case 'vpc-arp':
        this.#answerArp(buffer, start, end, (ip) => this.#peer(ip)?.mac);
        break;
      case 'metadata-arp':
        this.#answerArp(buffer, start, end, () => metadataMac);
        break;
      case 'metadata-tcp':
        this.#receiveSegment(this.#metadata, buffer, start, end);
        break;
      case 'dialed-tcp':
        if (this.#dialer) this.#receiveSegment(this.#dialer, buffer, start, end);
        break;
      default:
        this.#drop(verdict);
    }
  }

  #drop(reason: DropReason): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  /** Another guest of the VPC. */
  #peer(ip: number): Guest | undefined {
    const peer = this.#membership && this.#vpcs.find(this.#membership.vpcId, ip);
    return peer === this.#membership?.guest ? undefined : peer;
  }

  /**
   * To another guest, whatever MAC address it was sent to: the router's, where that one is in
   * another subnet. A card that does not keep up loses frames, as any does; it holds up nobody.
   */
  #forward(buffer: Buffer, start: number, end: number): DropReason | undefined {
    const packet = parseIpv4(buffer, start, end);
    const peer = packet && this.#peer(packet.target);
    if (!packet || !peer || !this.#membership) return 'subnet';
    const traffic = trafficOf(buffer, packet);
    if (!passes(this.#membership.guest, peer, traffic)) return 'security-group';
    if (peer.nic.isFullForPeers) return 'peer-busy';
    buffer.writeUIntBE(peer.mac, start, macBytes);
    this.#extendRun(buffer, start, end, peer.nic);
    return undefined;
  }

  #answerDns(buffer: Buffer, start: number, end: number): boolean {
    const packet = parseIpv4(buffer, start, end);
    const query = packet && parseUdp(buffer, packet);
    const answer =
      query && this.#membership && answerPrivateName(query.payload, this.#membership.names);
    if (!answer) return false;
    const macs = { source: buffer.readUIntBE(start, macBytes), target: this.#guestMac };
    const ips = { source: this.#dnsIp, target: this.#guestIp };
    const ports = { source: query.targetPort, target: query.sourcePort };
    this.#sendToGuest(buildIpv4(macs, ips, protocolUdp, buildUdp(ips, ports, answer)));
    return true;
  }

  /** Frames that lie side by side leave as the one slice that they are. */
  #extendRun(buffer: Buffer, start: number, end: number, target: LinkEnd): void {
    target.given.bytes += end - start;
    target.given.packets += 1;
    const from = start - lengthBytes;
    if (this.#run?.buffer === buffer && this.#run.end === from && this.#run.target === target) {
      this.#run.end = end;
      return;
    }
    this.#flushRun();
    this.#run = { buffer, start: from, end, target };
  }

  #flushRun(): void {
    if (!this.#run) return;
    const { buffer, start, end, target } = this.#run;
    this.#run = undefined;
    const bytes = buffer.subarray(start, end);
    if (target === this.#nic || target === this.#up) target.write(bytes);
    else target.writeOfPeer(bytes);
  }

  #answerArp(
    buffer: Buffer,
    start: number,
    end: number,
    macOf: (ip: number) => number | undefined,
  ): void {
    const request = parseArp(buffer, start, end);
    const source = request && macOf(request.targetIp);
    if (!request || source === undefined) return;
    const macs = { source, target: this.#guestMac };
    const ips = { source: request.targetIp, target: request.senderIp };
    this.#sendToGuest(buildArp(2, macs, ips));
  }

  #receiveSegment(
    by: Pick<TcpListener, 'receive'>,
    buffer: Buffer,
    start: number,
    end: number,
  ): void {
    const packet = parseIpv4(buffer, start, end);
    const segment = packet && parseTcp(buffer, packet.payloadStart, packet.payloadEnd);
    if (segment) by.receive(segment);
  }

  #sendSegment(source: number, segment: TcpSegment, hops: number): void {
    const macs = { source: metadataMac, target: this.#guestMac };
    const ips = { source, target: this.#guestIp };
    this.#sendToGuest(buildIpv4(macs, ips, protocolTcp, buildTcp(ips, segment), hops));
  }

  #sendToGuest(frame: Buffer): void {
    if (this.#nic.isFull) return;
    this.#nic.given.bytes += frame.length;
    this.#nic.given.packets += 1;
    this.#nic.write(encodeFrame(frame));
  }
}
