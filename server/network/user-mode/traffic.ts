/**
 * A packet as rules look at it: protocol, and ports or ICMP's type and code. Fragments have none of
 * these: the later ones do not carry them, and nothing here puts packets together.
 */
import {
  type Ipv4,
  protocolIcmp,
  protocolTcp,
  protocolUdp,
  tcpAck,
  tcpRst,
  tcpSyn,
} from './packets.ts';

const icmpEchoRequest = 8;
const icmpEchoReply = 0;

export interface Traffic {
  protocol: number;
  /** Ports; of ICMP the identifier (of an echo) in both. -1: there are none to see. */
  source: number;
  target: number;
  /** TCP's flags, ICMP's type. */
  kind: number;
  /** ICMP's. */
  code: number;
}

export function trafficOf(buffer: Buffer, packet: Ipv4): Traffic {
  const { protocol, payloadStart: at, payloadEnd } = packet;
  const bytes = packet.isFragment ? 0 : payloadEnd - at;
  if (protocol === protocolTcp && bytes >= 20) {
    const [source, target] = [buffer.readUInt16BE(at), buffer.readUInt16BE(at + 2)];
    return { protocol, source, target, kind: buffer[at + 13] ?? 0, code: -1 };
  }
  if (protocol === protocolUdp && bytes >= 8) {
    const [source, target] = [buffer.readUInt16BE(at), buffer.readUInt16BE(at + 2)];
    return { protocol, source, target, kind: -1, code: -1 };
  }
  if (protocol === protocolIcmp && bytes >= 8) {
    const id = buffer.readUInt16BE(at + 4);
    return { protocol, source: id, target: id, kind: buffer[at] ?? 0, code: buffer[at + 1] ?? 0 };
  }
  return { protocol, source: -1, target: -1, kind: -1, code: -1 };
}

/**
 * What it would answer, where it can be an answer at all: TCP that opens no connection, UDP, an
 * echo reply. Whether anybody asked is for the caller to know.
 */
export function answeredBy(traffic: Traffic): Traffic | undefined {
  const { protocol, source, target, kind } = traffic;
  const asked = { ...traffic, source: target, target: source };
  if (source < 0) return undefined;
  switch (protocol) {
    case protocolTcp: {
      const opens = (kind & (tcpSyn | tcpAck)) === tcpSyn;
      return opens || (kind & (tcpAck | tcpRst)) === 0 ? undefined : asked;
    }
    case protocolUdp:
      return asked;
    case protocolIcmp:
      return kind === icmpEchoReply ? { ...asked, kind: icmpEchoRequest } : undefined;
    default:
      return undefined;
  }
}

/** Whether answers to it are known by its having been heard of: TCP's are by their flags. */
export function isRemembered({ protocol, source, kind }: Traffic): boolean {
  if (source < 0) return false;
  return protocol === protocolUdp || (protocol === protocolIcmp && kind === icmpEchoRequest);
}

/** One number for protocol, ports and the peer, whose VPC has at most 65,536 addresses. */
export function flowNumber({ protocol, source, target }: Traffic, peerIp: number): number {
  const who = (peerIp % 0x1_0000) * 2 + (protocol === protocolUdp ? 1 : 0);
  return (who * 0x1_0000 + source) * 0x1_0000 + target;
}
