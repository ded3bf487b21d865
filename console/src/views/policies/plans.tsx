/** Plans of AWS Backup, rule by rule: to be looked at. */
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { type Column, List } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { useInSight } from '../../parts/use-in-sight.ts';
import { common } from '../../text/common.ts';
import { policiesText, plansText as text } from '../../text/policies.ts';

type Plan = NonNullable<Output<'backup', 'ListBackupPlans'>['BackupPlansList']>[number];
type Rule = NonNullable<Output<'backup', 'GetBackupPlan'>['BackupPlan']>['Rules'][number];

const tables = ['backupPlans', 'backupSelections'] as const;

export function Plans() {
  const found = usePages('backup', 'ListBackupPlans', {}, { tables });
  return (
    <>
      <p class="hint">{text.readOnly}</p>
      <PagedList
        caption={policiesText.tabs.plans}
        found={found}
        itemsOf={({ BackupPlansList }) => BackupPlansList}
        keyOf={({ BackupPlanId = '' }) => BackupPlanId}
        columns={columns}
        empty={text.empty}
      />
    </>
  );
}

const columns: Column<Plan>[] = [
  {
    title: text.columns.plan,
    cell: ({ BackupPlanName, BackupPlanId }) => (
      <>
        {BackupPlanName} <code>{BackupPlanId}</code>
      </>
    ),
  },
  { title: text.columns.selected, cell: ({ BackupPlanId = '' }) => <Selected id={BackupPlanId} /> },
  { title: text.columns.rule, cell: ({ BackupPlanId = '' }) => <Rules id={BackupPlanId} /> },
  {
    title: text.columns.last,
    cell: ({ LastExecutionDate }) => <Time at={LastExecutionDate} />,
  },
];

/** What the list does not tell is asked for each that is in sight. */
function Rules({ id: BackupPlanId }: { id: string }) {
  const [ref, enabled] = useInSight<HTMLDivElement>();
  const found = useAction('backup', 'GetBackupPlan', { BackupPlanId }, { tables, enabled });
  return (
    <div ref={ref}>
      {enabled || found.data ? (
        <List
          caption={text.columns.rule}
          items={found.data && (found.data.BackupPlan?.Rules ?? [])}
          error={found.error}
          keyOf={({ RuleId, RuleName }) => RuleId ?? RuleName}
          columns={ruleColumns}
          empty={common.none}
        />
      ) : (
        common.none
      )}
    </div>
  );
}

const ruleColumns: Column<Rule>[] = [
  { title: text.columns.rule, cell: ({ RuleName }) => RuleName },
  { title: text.columns.vault, cell: ({ TargetBackupVaultName }) => TargetBackupVaultName },
  {
    title: text.columns.when,
    cell: ({ ScheduleExpression, ScheduleExpressionTimezone }) =>
      ScheduleExpression ? (
        <>
          <code>{ScheduleExpression}</code> {ScheduleExpressionTimezone}
        </>
      ) : (
        text.onDemand
      ),
  },
  {
    title: text.columns.keeps,
    cell: ({ Lifecycle }) =>
      Lifecycle?.DeleteAfterDays ? text.days(Lifecycle.DeleteAfterDays) : text.forever,
  },
];

/** What its selections are called. */
function Selected({ id: BackupPlanId }: { id: string }) {
  const [ref, enabled] = useInSight<HTMLSpanElement>();
  const asking = { tables, enabled };
  const { data } = useAction('backup', 'ListBackupSelections', { BackupPlanId }, asking);
  const names = data?.BackupSelectionsList?.map(({ SelectionName }) => SelectionName);
  return <span ref={ref}>{names?.join(', ') || common.none}</span>;
}
