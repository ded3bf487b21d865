/**
 * A guest's security rules, made quick to ask. It remembers nothing: what may be answered is known
 * by vpc.ts.
 */
import type { GuestVpc, TrafficRule } from '../network.ts';
import {
  type Ipv4Address,
  type Ipv4Range,
  parseIpv4Range,
  protocolIcmp,
  protocolTcp,
  protocolUdp,
} from './packets.ts';
import type { Traffic } from './traffic.ts';

const portMax = 65_535;

/** Where a packet comes from or goes to. */
interface Peer {
  ip: Ipv4Address;
  /** None of those that are no guests. */
  groupIds: ReadonlySet<string>;
}

interface Rule {
  /** -1: any. */
  protocol: number;
  /** -1: any of them. */
  from: number;
  to: number;
  range?: Ipv4Range;
  groupId?: string;
}

export class Firewall {
  readonly groupIds: ReadonlySet<string>;
  readonly #ingress: readonly Rule[];
  readonly #egress: readonly Rule[];
  /** The usual case, and every packet of a download's answers is asked about. */
  readonly letsAllOut: boolean;

  /** Throws RangeError where a rule is none. */
  constructor({ groupIds, ingress, egress }: Pick<GuestVpc, 'groupIds' | 'ingress' | 'egress'>) {
    this.groupIds = new Set(groupIds);
    this.#ingress = ingress.map(compiled);
    this.#egress = egress.map(compiled);
    this.letsAllOut = this.#egress.some(
      ({ protocol, range }) => protocol === -1 && range?.first === 0 && range.last === 0xffff_ffff,
    );
  }

  letsIn(peer: Peer, traffic: Traffic): boolean {
    return this.#ingress.some((rule) => covers(rule, peer, traffic));
  }

  letsOut(peer: Peer, traffic: Traffic): boolean {
    return this.letsAllOut || this.#egress.some((rule) => covers(rule, peer, traffic));
  }
}

function compiled({ protocol = -1, from = -1, to = -1, peer }: TrafficRule): Rule {
  const isPorts = protocol === protocolTcp || protocol === protocolUdp;
  const isAll = (isPorts && from <= 0 && to === portMax) || !(isPorts || protocol === protocolIcmp);
  const ports = isAll ? { from: -1, to: -1 } : { from, to };
  return 'cidr' in peer
    ? { protocol, ...ports, range: parseIpv4Range(peer.cidr) }
    : { protocol, ...ports, groupId: peer.groupId };
}

function covers(rule: Rule, { ip, groupIds }: Peer, traffic: Traffic): boolean {
  const { protocol, from, to, range, groupId } = rule;
  if (protocol !== -1 && protocol !== traffic.protocol) return false;
  if (range ? ip < range.first || ip > range.last : !groupIds.has(groupId ?? '')) return false;
  if (from === -1 && to === -1) return true;
  if (traffic.source < 0) return false;
  if (protocol === protocolIcmp) return from === traffic.kind && (to === -1 || to === traffic.code);
  return traffic.target >= from && traffic.target <= to;
}
