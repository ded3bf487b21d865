/** One security group: what it lets in and out, each rule to be added and taken away. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field } from '../../parts/field.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Tags } from '../../parts/tags.tsx';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { groupText as text } from '../../text/network.ts';
import { type NewRule, peerOf, permissionOf, type Rule, trafficOf } from './rules.ts';

export function GroupView({ id }: { id: string }) {
  const [isDeleted, setIsDeleted] = useState(false);
  const remove = useChange('ec2', 'DeleteSecurityGroup');
  const found = useAction(
    'ec2',
    'DescribeSecurityGroups',
    { GroupIds: [id] },
    {
      tables: ['securityGroups'],
      enabled: !isDeleted,
    },
  );
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const group = found.data.SecurityGroups?.[0];
  if (!group) return <Empty>{text.gone(id)}</Empty>;
  const isDefault = group.GroupName === 'default';
  const run = async () => {
    await remove.mutateAsync({ GroupId: id });
    setIsDeleted(true);
    go(href(['network']));
  };
  return (
    <>
      <p class="back">
        <a href={href(['network'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>{group.GroupName}</h1>
        <ActionButton
          kind="danger"
          because={isDefault && text.isDefault}
          onClick={() => run().catch(() => {})}
        >
          {text.delete}
        </ActionButton>
      </header>
      {remove.error && <Problem error={remove.error} />}
      <p>{group.Description}</p>
      <Rules groupId={id} isEgress={false} />
      <Rules groupId={id} isEgress />
      <Tags id={id} tags={group.Tags} isOwn />
    </>
  );
}

interface RulesProps {
  groupId: string;
  isEgress: boolean;
}

function Rules({ groupId, isEgress }: RulesProps) {
  const [isAdded, setIsAdded] = useState(false);
  const Filters = [{ Name: 'group-id', Values: [groupId] }];
  const found = useAction(
    'ec2',
    'DescribeSecurityGroupRules',
    { Filters },
    {
      tables: ['securityGroupRules'],
    },
  );
  // A group has few: both directions are one answer.
  const rules = found.data?.SecurityGroupRules?.filter(({ IsEgress }) => IsEgress === isEgress);
  const revoke = useRevoke(groupId, isEgress);
  const words = isEgress ? text.egress : text.ingress;
  return (
    <section class="card">
      <h2>{words.title}</h2>
      {revoke.error && <Problem error={revoke.error} />}
      <List
        caption={words.title}
        items={rules}
        error={found.error}
        retry={found.refetch}
        keyOf={({ SecurityGroupRuleId = '' }) => SecurityGroupRuleId}
        columns={ruleColumns(words.peer, revoke.run)}
        empty={words.none}
      />
      <p>
        <button type="button" onClick={() => setIsAdded(true)}>
          {words.add}
        </button>
      </p>
      {isAdded && (
        <AddDialog groupId={groupId} isEgress={isEgress} onClose={() => setIsAdded(false)} />
      )}
    </section>
  );
}

function useRevoke(GroupId: string, isEgress: boolean) {
  const ingress = useChange('ec2', 'RevokeSecurityGroupIngress');
  const egress = useChange('ec2', 'RevokeSecurityGroupEgress');
  return {
    error: ingress.error ?? egress.error,
    run: (ruleId: string) =>
      (isEgress ? egress : ingress).mutate({ GroupId, SecurityGroupRuleIds: [ruleId] }),
  };
}

const ruleColumns = (peer: string, revoke: (ruleId: string) => void): Column<Rule>[] => [
  { title: text.columns.traffic, cell: (rule) => <code>{trafficOf(rule)}</code> },
  { title: peer, cell: (rule) => <code>{peerOf(rule)}</code> },
  { title: text.columns.description, cell: ({ Description }) => Description },
  {
    title: text.columns.remove,
    cell: (rule) => (
      <button
        type="button"
        aria-label={text.removeRule(`${trafficOf(rule)} ${peerOf(rule)}`)}
        onClick={() => revoke(rule.SecurityGroupRuleId ?? '')}
      >
        {text.remove}
      </button>
    ),
  },
];

const protocols = ['tcp', 'udp', 'icmp', '-1'] as const;

function AddDialog({ groupId, isEgress, onClose }: RulesProps & { onClose(): void }) {
  const [rule, setRule] = useState<NewRule>({
    protocol: 'tcp',
    ports: '22',
    peer: '0.0.0.0/0',
    description: '',
  });
  const change = (part: Partial<NewRule>) => setRule((now) => ({ ...now, ...part }));
  const ingress = useChange('ec2', 'AuthorizeSecurityGroupIngress');
  const egress = useChange('ec2', 'AuthorizeSecurityGroupEgress');
  const hasPorts = rule.protocol === 'tcp' || rule.protocol === 'udp';
  const run = () =>
    (isEgress ? egress : ingress).mutateAsync({
      GroupId: groupId,
      IpPermissions: [permissionOf({ ...rule, ports: hasPorts ? rule.ports : '' })],
    });
  const words = isEgress ? text.egress : text.ingress;
  return (
    <ActionDialog title={words.add} action={text.addNow} run={run} onClose={onClose}>
      <label class="field">
        <span>{text.protocol}</span>
        <select
          value={rule.protocol}
          onChange={({ currentTarget }) => change({ protocol: currentTarget.value })}
        >
          {protocols.map((each) => (
            <option key={each} value={each}>
              {each === '-1' ? text.all : each}
            </option>
          ))}
        </select>
      </label>
      {hasPorts && (
        <Field
          label={text.ports}
          hint={text.portsHint}
          value={rule.ports}
          onText={(ports) => change({ ports })}
          required
          pattern="\d+(-\d+)?"
        />
      )}
      <Field
        label={words.peer}
        hint={text.peerHint}
        value={rule.peer}
        onText={(peer) => change({ peer })}
        required
      />
      <Field
        label={text.columns.description}
        value={rule.description}
        onText={(description) => change({ description })}
      />
    </ActionDialog>
  );
}
