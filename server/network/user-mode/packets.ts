/**
 * Ethernet, ARP, IPv4, TCP and UDP headers, as far as the link reads and writes them. Pure
 * functions over bytes. It deliberately does no reassembly, no options but TCP's MSS, no IPv6.
 */
import { parseCidr, parseIpv4 as readIpv4 } from '../../foundations/ipv4.ts';

export const etherTypeArp = 0x0806;
export const etherTypeIpv4 = 0x0800;
export const protocolIcmp = 1;
export const protocolTcp = 6;
export const protocolUdp = 17;

export const ethernetHeaderBytes = 14;
const ipv4HeaderBytes = 20;
const tcpHeaderBytes = 20;
const arpFrameBytes = 42;
export const macBytes = 6;
const udpHeaderBytes = 8;

export const tcpFin = 0x01;
export const tcpSyn = 0x02;
export const tcpRst = 0x04;
export const tcpPsh = 0x08;
export const tcpAck = 0x10;

/** Addresses are numbers so that they compare without allocation: IPv4 in 32 bits, MAC in 48. */
export type Ipv4Address = number;
export type MacAddress = number;

export function parseIpv4Address(text: string): Ipv4Address {
  const address = readIpv4(text);
  if (address === undefined) throw new RangeError(`not an IPv4 address: ${text}`);
  return address;
}

export function parseMacAddress(text: string): MacAddress {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) {
    throw new RangeError(`not a MAC address: ${text}`);
  }
  return Number.parseInt(text.replaceAll(':', ''), 16);
}

export interface Ipv4Range {
  first: Ipv4Address;
  last: Ipv4Address;
}

export function parseIpv4Range(cidr: string): Ipv4Range {
  const block = parseCidr(cidr);
  if (!block) throw new RangeError(`not a CIDR block: ${cidr}`);
  return { first: block.address, last: block.address + 2 ** (32 - block.prefix) - 1 };
}

export interface Arp {
  operation: number;
  senderMac: MacAddress;
  senderIp: Ipv4Address;
  targetIp: Ipv4Address;
}

/** Undefined unless it is ARP for IPv4 over Ethernet. */
export function parseArp(buffer: Buffer, start: number, end: number): Arp | undefined {
  if (end - start < arpFrameBytes) return undefined;
  const at = start + ethernetHeaderBytes;
  if (buffer.readUInt32BE(at) !== 0x0001_0800 || buffer.readUInt16BE(at + 4) !== 0x0604) {
    return undefined;
  }
  return {
    operation: buffer.readUInt16BE(at + 6),
    senderMac: buffer.readUIntBE(at + 8, 6),
    senderIp: buffer.readUInt32BE(at + 14),
    targetIp: buffer.readUInt32BE(at + 24),
  };
}

export interface Ipv4 {
  source: Ipv4Address;
  target: Ipv4Address;
  protocol: number;
  isFragment: boolean;
  payloadStart: number;
  payloadEnd: number;
}

/**
 * Undefined when the lengths do not fit: a receiver could read something else into such a packet.
 */
export function parseIpv4(buffer: Buffer, start: number, end: number): Ipv4 | undefined {
  const at = start + ethernetHeaderBytes;
  if (end - at < ipv4HeaderBytes) return undefined;
  const versionAndLength = buffer[at] ?? 0;
  const headerBytes = (versionAndLength & 0x0f) * 4;
  const totalBytes = buffer.readUInt16BE(at + 2);
  if (versionAndLength >> 4 !== 4 || headerBytes < ipv4HeaderBytes) return undefined;
  if (totalBytes < headerBytes || at + totalBytes > end) return undefined;
  return {
    source: buffer.readUInt32BE(at + 12),
    target: buffer.readUInt32BE(at + 16),
    protocol: buffer[at + 9] ?? 0,
    isFragment: (buffer.readUInt16BE(at + 6) & 0x3fff) !== 0,
    payloadStart: at + headerBytes,
    payloadEnd: at + totalBytes,
  };
}

interface UdpDatagram {
  sourcePort: number;
  targetPort: number;
  payload: Buffer;
}

/** Undefined where it is none, or not whole. */
export function parseUdp(buffer: Buffer, packet: Ipv4): UdpDatagram | undefined {
  const { protocol, isFragment, payloadStart: at, payloadEnd } = packet;
  if (protocol !== protocolUdp || isFragment || payloadEnd - at < udpHeaderBytes) return undefined;
  const bytes = buffer.readUInt16BE(at + 4);
  if (bytes < udpHeaderBytes || at + bytes > payloadEnd) return undefined;
  return {
    sourcePort: buffer.readUInt16BE(at),
    targetPort: buffer.readUInt16BE(at + 2),
    payload: buffer.subarray(at + udpHeaderBytes, at + bytes),
  };
}

export interface TcpSegment {
  sourcePort: number;
  targetPort: number;
  sequence: number;
  acknowledgment: number;
  flags: number;
  windowBytes: number;
  /** Option of a SYN. */
  mssBytes?: number;
  payload: Buffer;
}

export function parseTcp(buffer: Buffer, start: number, end: number): TcpSegment | undefined {
  if (end - start < tcpHeaderBytes) return undefined;
  const headerBytes = ((buffer[start + 12] ?? 0) >> 4) * 4;
  if (headerBytes < tcpHeaderBytes || start + headerBytes > end) return undefined;
  return {
    sourcePort: buffer.readUInt16BE(start),
    targetPort: buffer.readUInt16BE(start + 2),
    sequence: buffer.readUInt32BE(start + 4),
    acknowledgment: buffer.readUInt32BE(start + 8),
    flags: buffer[start + 13] ?? 0,
    windowBytes: buffer.readUInt16BE(start + 14),
    mssBytes: mssOption(buffer.subarray(start + tcpHeaderBytes, start + headerBytes)),
    payload: buffer.subarray(start + headerBytes, end),
  };
}

function mssOption(options: Buffer): number | undefined {
  for (let at = 0; at < options.length; ) {
    const kind = options[at];
    if (kind === 0) return undefined;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2) return undefined;
    if (kind === 2 && length === 4 && at + 4 <= options.length) return options.readUInt16BE(at + 2);
    at += length;
  }
  return undefined;
}

export interface Ends<Address> {
  source: Address;
  target: Address;
}

export function buildArp(operation: 1 | 2, macs: Ends<MacAddress>, ips: Ends<Ipv4Address>): Buffer {
  const frame = Buffer.alloc(arpFrameBytes);
  writeEthernet(frame, macs, etherTypeArp);
  frame.writeUInt32BE(0x0001_0800, 14);
  frame.writeUInt16BE(0x0604, 18);
  frame.writeUInt16BE(operation, 20);
  frame.writeUIntBE(macs.source, 22, 6);
  frame.writeUInt32BE(ips.source, 28);
  if (operation === 2) frame.writeUIntBE(macs.target, 32, 6);
  frame.writeUInt32BE(ips.target, 38);
  return frame;
}

export function buildIpv4(
  macs: Ends<MacAddress>,
  ips: Ends<Ipv4Address>,
  protocol: number,
  payload: Buffer,
  hops = 64,
): Buffer {
  const frame = Buffer.alloc(ethernetHeaderBytes + ipv4HeaderBytes + payload.length);
  writeEthernet(frame, macs, etherTypeIpv4);
  const at = ethernetHeaderBytes;
  frame[at] = 0x45;
  frame.writeUInt16BE(ipv4HeaderBytes + payload.length, at + 2);
  // Don't fragment: with it the identification may stay zero (RFC 6864).
  frame.writeUInt16BE(0x4000, at + 6);
  frame[at + 8] = hops;
  frame[at + 9] = protocol;
  frame.writeUInt32BE(ips.source, at + 12);
  frame.writeUInt32BE(ips.target, at + 16);
  frame.writeUInt16BE(checksum(frame, at, at + ipv4HeaderBytes), at + 10);
  payload.copy(frame, at + ipv4HeaderBytes);
  return frame;
}

export function buildTcp(ips: Ends<Ipv4Address>, segment: TcpSegment): Buffer {
  const optionBytes = segment.mssBytes === undefined ? 0 : 4;
  const headerBytes = tcpHeaderBytes + optionBytes;
  const bytes = Buffer.alloc(headerBytes + segment.payload.length);
  bytes.writeUInt16BE(segment.sourcePort, 0);
  bytes.writeUInt16BE(segment.targetPort, 2);
  bytes.writeUInt32BE(segment.sequence, 4);
  bytes.writeUInt32BE(segment.acknowledgment, 8);
  bytes[12] = (headerBytes / 4) << 4;
  bytes[13] = segment.flags;
  bytes.writeUInt16BE(segment.windowBytes, 14);
  if (segment.mssBytes !== undefined) {
    bytes.writeUInt16BE(0x0204, tcpHeaderBytes);
    bytes.writeUInt16BE(segment.mssBytes, tcpHeaderBytes + 2);
  }
  segment.payload.copy(bytes, headerBytes);
  bytes.writeUInt16BE(transportChecksum(ips, protocolTcp, bytes), 16);
  return bytes;
}

export function buildUdp(ips: Ends<Ipv4Address>, ports: Ends<number>, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(8 + payload.length);
  bytes.writeUInt16BE(ports.source, 0);
  bytes.writeUInt16BE(ports.target, 2);
  bytes.writeUInt16BE(bytes.length, 4);
  payload.copy(bytes, 8);
  bytes.writeUInt16BE(transportChecksum(ips, protocolUdp, bytes) || 0xffff, 6);
  return bytes;
}

function writeEthernet(frame: Buffer, macs: Ends<MacAddress>, etherType: number): void {
  frame.writeUIntBE(macs.target, 0, 6);
  frame.writeUIntBE(macs.source, 6, 6);
  frame.writeUInt16BE(etherType, 12);
}

function transportChecksum(ips: Ends<Ipv4Address>, protocol: number, bytes: Buffer): number {
  const pseudo =
    (ips.source >>> 16) +
    (ips.source & 0xffff) +
    (ips.target >>> 16) +
    (ips.target & 0xffff) +
    protocol +
    bytes.length;
  return checksum(bytes, 0, bytes.length, pseudo);
}

/** The Internet checksum (RFC 1071). Zero when computed over bytes that carry a right one. */
export function checksum(buffer: Buffer, start: number, end: number, initial = 0): number {
  let sum = initial;
  let at = start;
  for (; at + 1 < end; at += 2) sum += buffer.readUInt16BE(at);
  if (at < end) sum += (buffer[at] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
