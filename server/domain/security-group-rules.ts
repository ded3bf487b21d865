/**
 * Rules of security groups: what EC2 lets be added, changed and taken away. Each change of a rule
 * writes its group, too, since guests hear of groups. What rules do is elsewhere: open-ports.ts on
 * the host, the data plane on each guest's cable.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { RulePeer, SecurityGroupRow, SecurityGroupRuleRow } from '../catalog/rows/network.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { Clock, Ids } from './identity.ts';
import { requiredRows } from './resource-ids.ts';

/** EC2's quota, inbound and outbound each. */
const rulesMax = 60;

export type Direction = SecurityGroupRuleRow['direction'];

export interface NewRule {
  protocol: string;
  fromPort: number;
  toPort: number;
  peer: RulePeer;
  description?: string;
}

const everywhere: RulePeer = { kind: 'ipv4', value: '0.0.0.0/0' };
const everything = { protocol: '-1', fromPort: -1, toPort: -1 };

/** Of new groups: everything out. */
export const defaultEgress: NewRule = { ...everything, peer: everywhere };

/** Of default groups: everything from those that are in them. */
export function fromOwnGroup(groupId: string): NewRule {
  return { ...everything, peer: { kind: 'group', value: groupId } };
}

export const requiredRules = requiredRows('securityGroupRule');

export function rulesOfGroups(
  { securityGroupRules }: CatalogReader,
  groupIds: readonly string[],
): Promise<SecurityGroupRuleRow[]> {
  return securityGroupRules.list({ where: { groupId: groupIds } });
}

async function rulesOfGroup(reader: CatalogReader, group: SecurityGroupRow, direction: Direction) {
  const rules = await rulesOfGroups(reader, [group.id]);
  return rules.filter((rule) => rule.direction === direction);
}

interface Made {
  clock: Clock;
  ids: Ids;
  tags?: Tags;
}

/** Adds rules, none of which may be there already. */
export async function addRules(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
  direction: Direction,
  added: readonly NewRule[],
  { clock, ids, tags = {} }: Made,
): Promise<SecurityGroupRuleRow[]> {
  const all = await rulesOfGroup(transaction, group, direction);
  const { account, region, id: groupId } = group;
  const rows: SecurityGroupRuleRow[] = [];
  for (const rule of added) {
    checkNew(rule, [...all, ...rows]);
    const createdAt = clock.now().toISOString();
    const owned = { id: ids.resource('sgr'), account, region, createdAt, groupId, direction };
    rows.push({ ...owned, ...rule, tags });
  }
  if (all.length + rows.length > rulesMax) {
    throw new ServiceError(
      'RulesPerSecurityGroupLimitExceeded',
      'The maximum number of rules per security group has been reached.',
    );
  }
  for (const row of rows) await transaction.securityGroupRules.insert(row);
  return rows;
}

/** Takes away the rules that match; answers those that match none. */
export async function removeRules(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
  direction: Direction,
  revoked: readonly NewRule[],
): Promise<{ removed: SecurityGroupRuleRow[]; unknown: NewRule[] }> {
  const rules = await rulesOfGroup(transaction, group, direction);
  const removed = rules.filter((rule) => revoked.some((other) => isSame(rule, other)));
  for (const { id } of removed) await transaction.securityGroupRules.delete(id);
  const unknown = revoked.filter((rule) => !removed.some((other) => isSame(rule, other)));
  return { removed, unknown };
}

export async function removeRuleIds(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
  direction: Direction,
  ids: readonly string[],
): Promise<SecurityGroupRuleRow[]> {
  const removed = await requiredRulesOf(transaction, group, ids, direction);
  for (const { id } of removed) await transaction.securityGroupRules.delete(id);
  return removed;
}

/** Puts other properties in the place of a rule's; what is left out of them is gone. */
export async function replaceRules(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
  replaced: ReadonlyMap<string, NewRule>,
): Promise<void> {
  const ids = [...replaced.keys()];
  for (const row of await requiredRulesOf(transaction, group, ids)) {
    const rule = replaced.get(row.id) as NewRule;
    const others = await rulesOfGroup(transaction, group, row.direction);
    const left = others.filter(({ id }) => id !== row.id);
    checkNew(rule, left);
    const { description: _, ...kept } = row;
    await transaction.securityGroupRules.update({ ...kept, ...rule });
  }
}

/** Descriptions of the rules with these properties. */
export async function describeRules(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
  direction: Direction,
  described: readonly NewRule[],
): Promise<void> {
  const rules = await rulesOfGroup(transaction, group, direction);
  for (const { description, ...wanted } of described) {
    const found = rules.find((rule) => isSame(rule, wanted));
    if (!found) throw unknownRule();
    await redescribe(transaction, found, description);
  }
}

export async function describeRuleIds(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
  direction: Direction,
  descriptions: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const rows = await requiredRulesOf(transaction, group, [...descriptions.keys()], direction);
  for (const row of rows) await redescribe(transaction, row, descriptions.get(row.id));
}

async function redescribe(
  { securityGroupRules }: CatalogTransaction,
  { id }: SecurityGroupRuleRow,
  description: string | undefined,
): Promise<void> {
  const row = await securityGroupRules.get(id);
  if (!row) return;
  const { description: _, ...rest } = row;
  await securityGroupRules.update(description ? { ...rest, description } : rest);
}

/** A rule of another group, or of the other direction, does not exist here. */
async function requiredRulesOf(
  reader: CatalogReader,
  group: SecurityGroupRow,
  ids: readonly string[],
  direction?: Direction,
): Promise<SecurityGroupRuleRow[]> {
  const rows = await requiredRules(reader, group, ids);
  const other = rows.find(
    (row) => row.groupId !== group.id || (direction && row.direction !== direction),
  );
  if (!other) return rows;
  throw new ServiceError(
    'InvalidSecurityGroupRuleId.NotFound',
    `The security group rule ID '${other.id}' does not exist`,
  );
}

function checkNew(rule: NewRule, others: readonly NewRule[]): void {
  if (!others.some((other) => isSame(other, rule))) return;
  throw new ServiceError(
    'InvalidPermission.Duplicate',
    `the specified rule "${ruleText(rule)}" already exists`,
  );
}

function isSame(a: NewRule, b: NewRule): boolean {
  return (
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    a.peer.kind === b.peer.kind &&
    a.peer.value === b.peer.value
  );
}

/** In the words that EC2 uses in its errors. */
function ruleText({ protocol, fromPort, toPort, peer }: NewRule): string {
  const name = protocol === '-1' ? 'ALL' : protocol.toUpperCase();
  const words = [`peer: ${peer.value}`, name];
  if (protocol.startsWith('icmp')) words.push(`type: ${fromPort}`, `code: ${toPort}`);
  if (hasPorts(protocol)) words.push(`from port: ${fromPort}`, `to port: ${toPort}`);
  return [...words, 'ALLOW'].join(', ');
}

function hasPorts(protocol: string): boolean {
  return protocol === 'tcp' || protocol === 'udp';
}

function unknownRule(): ServiceError {
  return new ServiceError(
    'InvalidPermission.NotFound',
    'The specified rule does not exist in this security group.',
  );
}
