/**
 * Security groups: which a request names, their names, and which may go. Their rules are in
 * security-group-rules.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { SecurityGroupRow } from '../catalog/rows/network.ts';
import { livingStates } from './instances.ts';
import { requiredRows } from './resource-ids.ts';
import { rulesOfGroups } from './security-group-rules.ts';
import type { Owner } from './viewer.ts';

export const defaultGroupName = 'default';

const nameMaxChars = 255;
/** EC2's for groups in a VPC. */
const namePattern = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/;

const groupsById = requiredRows('securityGroup');

/**
 * The groups of these ids, then those of these names in the VPC; what does not exist is refused.
 */
export async function requiredSecurityGroups(
  reader: CatalogReader,
  viewer: Owner,
  { ids = [], names = [], vpcId }: { ids?: string[]; names?: string[]; vpcId?: string },
): Promise<SecurityGroupRow[]> {
  const { securityGroups } = reader;
  const byId = await groupsById(reader, viewer, ids);
  const named = names.length > 0 ? await groupsNamed(securityGroups, viewer, names, vpcId) : [];
  const missing = names.find((name) => !named.some((group) => group.name === name));
  if (missing !== undefined) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      `The security group '${missing}' does not exist in the default VPC`,
    );
  }
  return [...new Map([...byId, ...named].map((group) => [group.id, group])).values()];
}

/** Without a VPC among all groups of the owner: every account has some of the same name. */
async function groupsNamed(
  securityGroups: CatalogReader['securityGroups'],
  { account, region }: Owner,
  names: readonly string[],
  vpcId: string | undefined,
): Promise<SecurityGroupRow[]> {
  if (vpcId !== undefined) {
    return securityGroups.list({ where: { account, region, vpcId, name: names } });
  }
  const own = await securityGroups.list({ where: { account, region } });
  return own.filter(({ name }) => names.includes(name));
}

/** The one group that a request names by id or by name. */
export async function requiredSecurityGroup(
  reader: CatalogReader,
  viewer: Owner,
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

/** The same for a change of its rules: guests hear of groups. */
export async function requiredChangingGroup(
  transaction: CatalogTransaction,
  viewer: Owner,
  named: { GroupId?: string; GroupName?: string },
): Promise<SecurityGroupRow> {
  const group = await requiredSecurityGroup(transaction, viewer, named);
  return transaction.securityGroups.update(group);
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

/** A rule may go without. */
export function checkRuleDescription(description: string): void {
  checkText('ruleDescription', description);
}

function checkText(parameter: string, text: string): void {
  if (namePattern.test(text) && text.length <= nameMaxChars) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid value '${text.slice(0, nameMaxChars)}' for ${parameter}. It has 1 to ${nameMaxChars} characters out of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*`,
  );
}

/**
 * The group with its rules; not the default one, and none that an instance or another group's rule
 * still names.
 */
export async function deleteGroup(
  transaction: CatalogTransaction,
  group: SecurityGroupRow,
): Promise<void> {
  await checkGroupDeletable(transaction, group);
  for (const { id } of await rulesOfGroups(transaction, [group.id])) {
    await transaction.securityGroupRules.delete(id);
  }
  await transaction.securityGroups.delete(group.id);
}

async function checkGroupDeletable(reader: CatalogReader, group: SecurityGroupRow): Promise<void> {
  if (group.name === defaultGroupName) {
    throw new ServiceError(
      'CannotDelete',
      `the specified group: "${group.id}" name: "${group.name}" cannot be deleted by a user`,
    );
  }
  const user = await userOf(reader, group);
  if (user === undefined) return;
  throw new ServiceError(
    'DependencyViolation',
    `resource ${group.id} has a dependent object: ${user}`,
  );
}

/** By an instance, or by a rule of another group. */
export async function isGroupInUse(
  reader: CatalogReader,
  group: SecurityGroupRow,
): Promise<boolean> {
  return (await userOf(reader, group)) !== undefined;
}

async function userOf(
  reader: CatalogReader,
  { id }: SecurityGroupRow,
): Promise<string | undefined> {
  const where = { group: id, state: livingStates };
  const [user] = await reader.instances.list({ where, limit: 1 });
  if (user) return `instance ${user.id}`;
  const rules = await reader.securityGroupRules.list({ where: { peerGroup: id } });
  const other = rules.find(({ groupId }) => groupId !== id);
  return other && `rule ${other.id} of ${other.groupId}`;
}
