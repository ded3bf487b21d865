/**
 * The guests of each VPC by their private addresses, and what may pass from one to another. As on
 * EC2 it passes where both sides' rules let it, or where it answers what they let pass: of TCP what
 * opens no connection, of UDP and echoes what was heard of lately. A rule that is taken away ends
 * what it let pass at once, answers included. It carries no frames: links do.
 */
import type { Firewall } from './firewall.ts';
import type { Ipv4Address, MacAddress } from './packets.ts';
import type { RecentFlows } from './recent-flows.ts';
import { answeredBy, flowNumber, isRemembered, type Traffic } from './traffic.ts';

/** A guest as the others of its VPC know it. */
export interface Member {
  ip: Ipv4Address;
  mac: MacAddress;
  firewall: Firewall;
  /** What it sent lately that may be answered. */
  asked: RecentFlows;
}

export class Vpcs<M extends Member> {
  /** By id: addresses alone say nothing, every account has the same. */
  readonly #vpcs = new Map<string, Map<Ipv4Address, M>>();

  join(vpcId: string, member: M): void {
    const members = this.#vpcs.get(vpcId) ?? new Map<Ipv4Address, M>();
    this.#vpcs.set(vpcId, members.set(member.ip, member));
  }

  /** Nothing where another has its address meanwhile. */
  leave(vpcId: string, member: M): void {
    const members = this.#vpcs.get(vpcId);
    if (members?.get(member.ip) !== member) return;
    members.delete(member.ip);
    if (members.size === 0) this.#vpcs.delete(vpcId);
  }

  find(vpcId: string, ip: Ipv4Address): M | undefined {
    return this.#vpcs.get(vpcId)?.get(ip);
  }
}

export function passes(from: Member, to: Member, traffic: Traffic): boolean {
  if (mayAsk(from, to, traffic)) {
    if (isRemembered(traffic)) from.asked.note(flowNumber(traffic, to.ip));
    return true;
  }
  const asked = answeredBy(traffic);
  if (!asked || !mayAsk(to, from, asked)) return false;
  return !isRemembered(asked) || to.asked.has(flowNumber(asked, from.ip));
}

function mayAsk(from: Member, to: Member, traffic: Traffic): boolean {
  return (
    from.firewall.letsOut({ ip: to.ip, groupIds: to.firewall.groupIds }, traffic) &&
    to.firewall.letsIn({ ip: from.ip, groupIds: from.firewall.groupIds }, traffic)
  );
}
