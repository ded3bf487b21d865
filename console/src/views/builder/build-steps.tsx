/** The workflows of a build, step by step, with what each took. */
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import type { Column } from '../../parts/list.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { buildText as text } from '../../text/builder.ts';
import { BuildState } from './build-state.tsx';
import { pageSize } from './page-size.ts';

type Workflow = NonNullable<
  Output<'imagebuilder', 'ListWorkflowExecutions'>['workflowExecutions']
>[number];
type Step = NonNullable<Output<'imagebuilder', 'ListWorkflowStepExecutions'>['steps']>[number];

const tables = ['imageBuilds'] as const;

export function BuildSteps({ arn }: { arn: string }) {
  const input = { imageBuildVersionArn: arn };
  const found = useAction('imagebuilder', 'ListWorkflowExecutions', input, { tables });
  const { data, error, refetch } = found;
  if (error) return <Problem error={error} retry={refetch} />;
  return (
    <>
      {data?.workflowExecutions?.map((workflow) => (
        <WorkflowSteps key={workflow.workflowExecutionId} workflow={workflow} />
      ))}
    </>
  );
}

function WorkflowSteps({ workflow }: { workflow: Workflow }) {
  const { workflowExecutionId = '', type = '', status, message, startTime, endTime } = workflow;
  const { totalStepCount = 0, totalStepsSucceeded = 0, totalStepsSkipped = 0 } = workflow;
  const asking = { tables, pageSize };
  const found = usePages(
    'imagebuilder',
    'ListWorkflowStepExecutions',
    { workflowExecutionId },
    asking,
  );
  const name = text.workflows[type] ?? type;
  return (
    <section class="card">
      <h2>
        {name} <BuildState of={status} />
      </h2>
      <p class="hint">
        {text.done(totalStepsSucceeded + totalStepsSkipped, totalStepCount)}{' '}
        {durationOf(startTime, endTime)} {message}
      </p>
      <PagedList
        caption={name}
        found={found}
        itemsOf={({ steps }) => steps}
        keyOf={({ stepExecutionId = '' }) => stepExecutionId}
        columns={columns}
        empty={text.noSteps}
      />
    </section>
  );
}

const columns: Column<Step>[] = [
  { title: text.step, cell: ({ name, description }) => description ?? name },
  { title: text.action, cell: ({ action }) => action },
  { title: text.state, cell: ({ status }) => <BuildState of={status} /> },
  { title: text.began, cell: ({ startTime }) => <Time at={startTime} /> },
  {
    title: text.took,
    cell: ({ startTime, endTime }) => durationOf(startTime, endTime),
    isFigure: true,
  },
  { title: text.message, cell: ({ message }) => message },
];

/** Of what has ended. */
function durationOf(start: string | undefined, end: string | undefined): string {
  if (!start || !end) return '';
  return text.seconds((Date.parse(end) - Date.parse(start)) / 1000);
}
