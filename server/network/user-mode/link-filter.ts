/**
 * What a guest may send. The guest is taken for hostile: behind the link is QEMU's user network,
 * which takes the gateway's address for an alias of the host's loopback, and connects to 127/8 and
 * 0/8 when told to (user-network.test.ts shows it).
 *
 *   from          the guest's own MAC; ARP and IPv4 only; its own address (0.0.0.0 for DHCP, and in
 *                 ARP probes)
 *   metadata      169.254.169.254: TCP port 80, which the link answers itself
 *   gateway       DHCP, ICMP echo, and answers: TCP that opens no connection, UDP to a peer that
 *                 was heard of lately
 *   DNS server    port 53
 *   the VPC       its other guests, by the link; where there is no VPC the rest of the subnet is
 *                 refused (nobody is there, and what QEMU makes of it is up to its version)
 *   refused       0/8, 127/8, 169.254/16, 224/4, 240/4 (DHCP's broadcast excepted), and fragments
 *                 to gateway, DNS server and metadata: the second one has no ports to look at
 *   the host      its own addresses, whatever interface has them, but for what the operator opened
 *   elsewhere     passes, as far as the egress rules let it
 * Of a guest that is isolated nothing passes but what asks for its address and its metadata. What its
 * port 22 answers to the gateway is for the link, which may have asked, and goes no further.
 * As on EC2 no rule is about gateway, DNS server and metadata. It deliberately keeps no table of
 * TCP connections: the user network does, and what comes in is an answer, or from the gateway.
 */
import type { HostReach } from '../host-reach.ts';
import type { GuestLink } from '../network.ts';
import type { Firewall } from './firewall.ts';
import {
  ethernetHeaderBytes,
  etherTypeArp,
  etherTypeIpv4,
  type Ipv4,
  type Ipv4Range,
  parseArp,
  parseIpv4,
  parseIpv4Address,
  parseIpv4Range,
  parseMacAddress,
  protocolIcmp,
  protocolTcp,
  protocolUdp,
  tcpAck,
  tcpSyn,
} from './packets.ts';
import { RecentFlows } from './recent-flows.ts';
import { trafficOf } from './traffic.ts';

export const metadataIp = parseIpv4Address('169.254.169.254');
const metadataPort = 80;
const broadcastIp = 0xffff_ffff;
const dhcpServerPort = 67;
const dhcpClientPort = 68;
const dnsPort = 53;
export const sshPort = 22;
const icmpEchoRequest = 8;
const arpRequest = 1;

const refusedRanges: readonly Ipv4Range[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(parseIpv4Range);

export type DropReason =
  | 'malformed'
  | 'foreign-mac'
  | 'foreign-ip'
  | 'protocol'
  | 'metadata-port'
  | 'gateway'
  | 'dns-port'
  | 'subnet'
  | 'reserved'
  | 'egress'
  | 'security-group'
  | 'peer-busy'
  | 'host'
  | 'isolated';

/**
 * `up` passes the frame on, and so does `dns` but for names that the link knows; `vpc` is for
 * another guest, if there is one. The others are for the link to answer.
 */
export type Verdict =
  | 'up'
  | 'dns'
  | 'vpc'
  | 'vpc-arp'
  | 'metadata-arp'
  | 'metadata-tcp'
  | 'dialed-tcp'
  | DropReason;

/** What the guest is in, and what its rules let out. */
interface VpcSide {
  range: Ipv4Range;
  firewall: Firewall;
}

const noGroups: ReadonlySet<string> = new Set();

export interface LinkFilterOptions {
  nowMs?: () => number;
  /** The host's own addresses, as they are now. */
  isOfHost?: (address: number) => boolean;
  /** What of the host the operator opened. */
  hostReach?: HostReach;
}

export class LinkFilter {
  #mac: number;
  #ip: number;
  #gateway: number;
  #dns: number;
  #subnet: Ipv4Range;
  #isIsolated: boolean;
  #isOfHost: (address: number) => boolean;
  #hostReach: HostReach;
  /** Gateway's port and guest's port. */
  #udpFlows: RecentFlows;
  vpc: VpcSide | undefined;

  constructor(link: GuestLink, options: LinkFilterOptions = {}) {
    const { nowMs, isOfHost = () => false, hostReach = [] } = options;
    this.#mac = parseMacAddress(link.mac);
    this.#ip = parseIpv4Address(link.privateIp);
    this.#gateway = parseIpv4Address(link.gatewayIp);
    this.#dns = parseIpv4Address(link.dnsIp);
    this.#subnet = parseIpv4Range(link.subnetCidr);
    this.#isIsolated = link.isolated === true;
    this.#udpFlows = new RecentFlows(nowMs);
    this.#isOfHost = isOfHost;
    this.#hostReach = hostReach;
  }

  /** Judges one frame of the guest: the bytes of `buffer` from `start` to before `end`. */
  judge(buffer: Buffer, start: number, end: number): Verdict {
    if (end - start < ethernetHeaderBytes) return 'malformed';
    if (buffer.readUIntBE(start + 6, 6) !== this.#mac) return 'foreign-mac';
    const etherType = buffer.readUInt16BE(start + 12);
    if (etherType === etherTypeIpv4) return this.#judgeIpv4(buffer, start, end);
    if (etherType === etherTypeArp) return this.#judgeArp(buffer, start, end);
    return 'protocol';
  }

  /** Takes note of a frame for the guest: a forwarded UDP peer may be answered. */
  observe(buffer: Buffer, start: number, end: number): void {
    // The cheap looks first: this runs for every frame that a guest downloads.
    if (end - start < ethernetHeaderBytes + 28) return;
    if (buffer[start + ethernetHeaderBytes + 9] !== protocolUdp) return;
    if (buffer.readUInt16BE(start + 12) !== etherTypeIpv4) return;
    const packet = parseIpv4(buffer, start, end);
    if (packet?.source !== this.#gateway || packet.payloadEnd - packet.payloadStart < 8) return;
    const flow = buffer.readUInt32BE(packet.payloadStart);
    this.#udpFlows.note(flow);
  }

  #judgeArp(buffer: Buffer, start: number, end: number): Verdict {
    const arp = parseArp(buffer, start, end);
    if (!arp) return 'malformed';
    if (arp.senderMac !== this.#mac) return 'foreign-mac';
    if (arp.senderIp !== this.#ip && arp.senderIp !== 0) return 'foreign-ip';
    if (arp.operation !== arpRequest || this.#isOfNetwork(arp.targetIp)) return 'up';
    if (arp.targetIp === metadataIp) return 'metadata-arp';
    return this.vpc && contains(this.#subnet, arp.targetIp) ? 'vpc-arp' : 'up';
  }

  /** The guest itself and what QEMU answers for. */
  #isOfNetwork(address: number): boolean {
    return address === this.#ip || address === this.#gateway || address === this.#dns;
  }

  #judgeIpv4(buffer: Buffer, start: number, end: number): Verdict {
    const packet = parseIpv4(buffer, start, end);
    if (!packet) return 'malformed';
    const { source, target } = packet;
    if (target === broadcastIp) return this.#judgeBroadcast(buffer, packet);
    if (source !== this.#ip) return 'foreign-ip';
    if (target === metadataIp) {
      return isPort(buffer, packet, protocolTcp, metadataPort) ? 'metadata-tcp' : 'metadata-port';
    }
    if (this.#isIsolated) return this.#judgeIsolated(buffer, packet);
    if (target === this.#gateway) return this.#judgeGateway(buffer, packet);
    if (target === this.#dns) {
      if (isPort(buffer, packet, protocolUdp, dnsPort)) return this.vpc ? 'dns' : 'up';
      return isPort(buffer, packet, protocolTcp, dnsPort) ? 'up' : 'dns-port';
    }
    if (this.vpc && contains(this.vpc.range, target)) return 'vpc';
    if (contains(this.#subnet, target)) return 'subnet';
    for (const range of refusedRanges) if (contains(range, target)) return 'reserved';
    if (this.#isOfHost(target) && !this.#isOpened(buffer, packet)) return 'host';
    return this.#letsOut(buffer, packet) ? 'up' : 'egress';
  }

  #judgeIsolated(buffer: Buffer, packet: Ipv4): Verdict {
    if (isDhcp(buffer, packet)) return 'up';
    const { target, protocol, isFragment, payloadStart: at, payloadEnd } = packet;
    const isAnswer =
      target === this.#gateway &&
      protocol === protocolTcp &&
      !isFragment &&
      payloadEnd - at >= 20 &&
      buffer.readUInt16BE(at) === sshPort &&
      !opens(buffer, packet);
    return isAnswer ? 'dialed-tcp' : 'isolated';
  }

  #letsOut(buffer: Buffer, packet: Ipv4): boolean {
    const firewall = this.vpc?.firewall;
    if (!firewall || firewall.letsAllOut) return true;
    const peer = { ip: packet.target, groupIds: noGroups };
    return firewall.letsOut(peer, trafficOf(buffer, packet));
  }

  /** Services of the host that the operator opened, by TCP and UDP. */
  #isOpened(buffer: Buffer, packet: Ipv4): boolean {
    if (this.#hostReach === 'all') return true;
    return this.#hostReach.some(
      ({ address, port }) =>
        packet.target === address &&
        (isPort(buffer, packet, protocolTcp, port) || isPort(buffer, packet, protocolUdp, port)),
    );
  }

  #judgeBroadcast(buffer: Buffer, packet: Ipv4): Verdict {
    if (packet.source !== this.#ip && packet.source !== 0) return 'foreign-ip';
    return isDhcp(buffer, packet) ? 'up' : 'reserved';
  }

  #judgeGateway(buffer: Buffer, packet: Ipv4): Verdict {
    const { protocol, payloadStart: at, payloadEnd } = packet;
    if (packet.isFragment) return 'gateway';
    switch (protocol) {
      case protocolIcmp:
        return payloadEnd - at >= 8 && buffer[at] === icmpEchoRequest ? 'up' : 'gateway';
      case protocolTcp: {
        if (payloadEnd - at < 20) return 'malformed';
        return opens(buffer, packet) ? 'gateway' : 'up';
      }
      case protocolUdp:
        return isDhcp(buffer, packet) || this.#answersUdp(buffer, packet) ? 'up' : 'gateway';
      default:
        return 'gateway';
    }
  }

  #answersUdp(buffer: Buffer, { payloadStart: at, payloadEnd }: Ipv4): boolean {
    if (payloadEnd - at < 8) return false;
    const flow = buffer.readUInt16BE(at + 2) * 0x1_0000 + buffer.readUInt16BE(at);
    return this.#udpFlows.has(flow);
  }
}

function contains(range: Ipv4Range, address: number): boolean {
  return address >= range.first && address <= range.last;
}

/** A whole TCP segment that opens a connection. */
function opens(buffer: Buffer, { payloadStart: at }: Ipv4): boolean {
  return ((buffer[at + 13] ?? 0) & (tcpSyn | tcpAck)) === tcpSyn;
}

function isDhcp(buffer: Buffer, packet: Ipv4): boolean {
  return (
    isPort(buffer, packet, protocolUdp, dhcpServerPort) &&
    buffer.readUInt16BE(packet.payloadStart) === dhcpClientPort
  );
}

/** Whether the packet is whole and goes to this port. */
function isPort(buffer: Buffer, packet: Ipv4, protocol: number, port: number): boolean {
  return (
    packet.protocol === protocol &&
    !packet.isFragment &&
    packet.payloadEnd - packet.payloadStart >= 8 &&
    buffer.readUInt16BE(packet.payloadStart + 2) === port
  );
}
