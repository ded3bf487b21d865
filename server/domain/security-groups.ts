/**
 * Security groups: their rules and which ports they open. Imago opens ports of an instance's public
 * address, which is a loopback address of the host: what a rule can mean there is a TCP or UDP port
 * range and an IPv4 source. Everything else is refused. Outbound everything is allowed, as in EC2's
 * new groups, and that cannot be changed.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { SecurityGroupRow, SecurityGroupRule } from '../catalog/rows/network.ts';
import { cidrContains, parseCidr, parseIpv4 } from '../foundations/ipv4.ts';
import type { Ids } from './identity.ts';
import { livingStates } from './instances.ts';
import { requiredRows } from './resource-ids.ts';
import type { Viewer } from './viewer.ts';

export const defaultGroupName = 'default';

/**
 * Each open port is a listening socket of the instance's machine: as many as fit its file
 * descriptors with ease, and more than any test of infrastructure needs.
 */
export const openPortsMax = 256;
const nameMaxChars = 255;
/** EC2's for groups in a VPC. */
const namePattern = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/;

export type NewRule = Omit<SecurityGroupRule, 'id'>;

export interface OpenPort {
  protocol: 'tcp' | 'udp';
  port: number;
}

/** The group's rules with the new ones; none of them may be there already. */
export function withRules(
  group: SecurityGroupRow,
  added: readonly NewRule[],
  ids: Ids,
): { group: SecurityGroupRow; rules: SecurityGroupRule[] } {
  const rules: SecurityGroupRule[] = [];
  for (const rule of added) {
    if ([...group.ingress, ...rules].some((other) => isSame(other, rule))) {
      throw new ServiceError(
        'InvalidPermission.Duplicate',
        `the specified rule "peer: ${rule.cidr}, ${rule.protocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}, ALLOW" already exists`,
      );
    }
    rules.push({ id: ids.resource('sgr'), ...rule });
  }
  const ingress = [...group.ingress, ...rules];
  if (portsOf(ingress).size > openPortsMax) throw tooManyPorts();
  return { group: { ...group, ingress }, rules };
}

/**
 * Takes away the rules that match; what matches none is told, not refused, as EC2 does in a default
 * VPC.
 */
export function withoutRules(
  group: SecurityGroupRow,
  revoked: readonly NewRule[],
): { group: SecurityGroupRow; removed: SecurityGroupRule[]; unknown: NewRule[] } {
  const removed = group.ingress.filter((rule) => revoked.some((other) => isSame(rule, other)));
  const unknown = revoked.filter((rule) => !removed.some((other) => isSame(rule, other)));
  const ingress = group.ingress.filter((rule) => !removed.includes(rule));
  return { group: { ...group, ingress }, removed, unknown };
}

export function withoutRuleIds(
  group: SecurityGroupRow,
  ids: readonly string[],
): { group: SecurityGroupRow; removed: SecurityGroupRule[] } {
  const missing = ids.find((id) => !group.ingress.some((rule) => rule.id === id));
  if (missing !== undefined) {
    throw new ServiceError(
      'InvalidSecurityGroupRuleId.NotFound',
      `The security group rule ID '${missing}' does not exist`,
    );
  }
  const removed = group.ingress.filter((rule) => ids.includes(rule.id));
  return {
    group: { ...group, ingress: group.ingress.filter((rule) => !removed.includes(rule)) },
    removed,
  };
}

function isSame(a: NewRule, b: NewRule): boolean {
  return (
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    a.cidr === b.cidr
  );
}

const loopbackCaller = parseIpv4('127.0.0.1') as number;

/**
 * What the groups open to callers on this host, whose address is 127.0.0.1; in order, each once.
 */
export function openPorts(groups: readonly SecurityGroupRow[]): OpenPort[] {
  const reachable = groups
    .flatMap((group) => group.ingress)
    .filter((rule) => {
      const cidr = parseCidr(rule.cidr);
      return cidr !== undefined && cidrContains(cidr, loopbackCaller);
    });
  return [...portsOf(reachable).values()].sort(
    (a, b) => a.protocol.localeCompare(b.protocol) || a.port - b.port,
  );
}

function portsOf(rules: readonly SecurityGroupRule[]): Map<string, OpenPort> {
  const ports = new Map<string, OpenPort>();
  for (const { protocol, fromPort, toPort } of rules) {
    for (let port = fromPort; port <= toPort; port++) {
      ports.set(`${protocol} ${port}`, { protocol, port });
    }
  }
  return ports;
}

const groupsById = requiredRows('securityGroup');

/**
 * The groups of these ids, then those of these names in the VPC; what does not exist is refused.
 */
export async function requiredSecurityGroups(
  reader: CatalogReader,
  viewer: Viewer,
  { ids = [], names = [], vpcId }: { ids?: string[]; names?: string[]; vpcId?: string },
): Promise<SecurityGroupRow[]> {
  const { account, region } = viewer;
  const { securityGroups } = reader;
  const byId = await groupsById(reader, viewer, ids);
  const named = await securityGroups.list({ where: { account, region, vpcId, name: names } });
  const missing = names.find((name) => !named.some((group) => group.name === name));
  if (missing !== undefined) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      `The security group '${missing}' does not exist in the default VPC`,
    );
  }
  return [...new Map([...byId, ...named].map((group) => [group.id, group])).values()];
}

/** The one group that a request names by id or by name. */
export async function requiredSecurityGroup(
  reader: CatalogReader,
  viewer: Viewer,
  { GroupId: id, GroupName: name }: { GroupId?: string; GroupName?: string },
): Promise<SecurityGroupRow> {
  if ((id === undefined) === (name === undefined)) {
    throw new ServiceError(
      id === undefined ? 'MissingParameter' : 'InvalidParameterCombination',
      'The request must contain either GroupId or GroupName.',
    );
  }
  const wanted = { ids: id === undefined ? [] : [id], names: name === undefined ? [] : [name] };
  const [group] = await requiredSecurityGroups(reader, viewer, wanted);
  return group as SecurityGroupRow;
}

export function checkGroupName(name: string): void {
  if (name.toLowerCase() === defaultGroupName) {
    throw new ServiceError(
      'InvalidGroup.Reserved',
      `Cannot use reserved security group name: ${name}`,
    );
  }
  checkText('groupName', name);
  if (name.startsWith('sg-')) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Invalid value '${name}' for groupName. Group names may not be in the format sg-*.`,
    );
  }
}

export function checkGroupDescription(description: string): void {
  checkText('groupDescription', description);
}

function checkText(parameter: string, text: string): void {
  if (namePattern.test(text) && text.length <= nameMaxChars) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid value '${text.slice(0, nameMaxChars)}' for ${parameter}. It has 1 to ${nameMaxChars} characters out of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*`,
  );
}

/** Not the default group, and none that an instance still has. */
export async function checkGroupDeletable(
  reader: CatalogReader,
  group: SecurityGroupRow,
): Promise<void> {
  if (group.name === defaultGroupName) {
    throw new ServiceError(
      'CannotDelete',
      `the specified group: "${group.id}" name: "${group.name}" cannot be deleted by a user`,
    );
  }
  const where = { group: group.id, state: livingStates };
  const [user] = await reader.instances.list({ where, limit: 1 });
  if (user) {
    throw new ServiceError(
      'DependencyViolation',
      `resource ${group.id} has a dependent object: instance ${user.id}`,
    );
  }
}

export function tooManyPorts(): ServiceError {
  return new ServiceError(
    'UnsupportedOperation',
    `Imago opens each port by itself, at most ${openPortsMax} for the rules of one security group; name the ports that are used.`,
  );
}
