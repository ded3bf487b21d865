/**
 * Rules of security groups have a table of their own. Groups of before, which let everything out,
 * get EC2's rule that says so, and default groups the one that lets their own instances in.
 */
import type { MigrationSteps } from './migration-steps.ts';

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

const columns = ['account', 'region', 'groupId'] as const;

export async function securityGroupRules(steps: MigrationSteps): Promise<void> {
  const { queries, run, dialect, rows } = steps;
  const { schema } = queries;
  let table = schema
    .createTable('securityGroupRules')
    .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
    .addColumn('doc', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1));
  for (const name of columns) {
    table = table.addColumn(name, dialect.text, (column) => column.notNull());
  }
  await run(table.compile());
  for (const [name, indexed] of [
    ['owner', ['account', 'region', 'id']],
    ['groupId', ['groupId', 'id']],
  ] as const) {
    const index = schema.createIndex(`securityGroupRules_${name}`).on('securityGroupRules');
    await run(index.columns([...indexed]).compile());
  }
  for await (const { id, doc } of rows('securityGroups')) {
    const { ingress, ...group } = JSON.parse(doc) as OldGroup;
    for (const rule of rulesOf({ ...group, ingress })) {
      const { account, region, groupId } = rule;
      const values = { id: rule.id, doc: JSON.stringify(rule), account, region, groupId };
      await run(queries.insertInto('securityGroupRules').values(values).compile());
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
