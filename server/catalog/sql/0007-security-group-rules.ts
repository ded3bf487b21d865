/**
 * Rules of security groups have a table of their own. Groups of before, which let everything out,
 * get EC2's rule that says so, and default groups the one that lets their own instances in.
 */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

interface OldRule {
  id: string;
  protocol: string;
  fromPort: number;
  toPort: number;
  cidr: string;
  description?: string;
}

interface OldGroup {
  id: string;
  account: string;
  region: string;
  createdAt: string;
  name: string;
  ingress?: OldRule[];
}

export async function securityGroupRules(steps: MigrationSteps): Promise<void> {
  const { queries, run, rows } = steps;
  const table = 'securityGroupRules';
  await createOwnedTable(steps, table, ['groupId'], { groupId: ['groupId'] });
  for await (const { id, doc } of rows('securityGroups')) {
    const { ingress, ...group } = JSON.parse(doc) as OldGroup;
    for (const rule of rulesOf({ ...group, ingress })) {
      const { account, region, groupId } = rule;
      const doc = JSON.stringify(rule);
      const values = { id: rule.id, doc, version: 1, account, region, groupId };
      await run(queries.insertInto(table).values(values).compile());
    }
    const changed = queries.updateTable('securityGroups').set({ doc: JSON.stringify(group) });
    await run(changed.where('id', '=', id).compile());
  }
}

function rulesOf({ id: groupId, account, region, createdAt, name, ingress = [] }: OldGroup) {
  const owned = { account, region, createdAt, groupId, tags: {} };
  const all = { protocol: '-1', fromPort: -1, toPort: -1 };
  // Random ids begin with a zero, and no two groups have the same digits.
  const digits = groupId.replace(/^sg-/, '');
  const rules = ingress.map(({ cidr, ...rule }) => ({
    ...owned,
    ...rule,
    direction: 'ingress',
    peer: { kind: 'ipv4', value: cidr },
  }));
  const outward = { direction: 'egress', peer: { kind: 'ipv4', value: '0.0.0.0/0' } };
  const inward = { direction: 'ingress', peer: { kind: 'group', value: groupId } };
  return [
    ...rules,
    { ...owned, ...all, ...outward, id: `sgr-${digits}` },
    ...(name === 'default' ? [{ ...owned, ...all, ...inward, id: `sgr-1${digits.slice(1)}` }] : []),
  ];
}
