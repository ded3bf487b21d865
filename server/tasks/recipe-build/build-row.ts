/**
 * The row of a build, as its task tells it how it goes: states, and the steps of its workflows,
 * which are the steps of the task.
 */
import { randomUUID } from 'node:crypto';
import type { Catalog, CatalogTransaction } from '../../catalog/catalog.ts';
import {
  type ImageBuildRow,
  type ImageBuildState,
  isBuilding,
  type StepStatus,
  type WorkflowExecution,
  type WorkflowStep,
} from '../../catalog/rows/image-build.ts';
import type { StateReason } from '../../catalog/rows/row.ts';
import { noteBuildEnded } from '../../domain/imagebuilder/pipelines.ts';

/** Image Builder's words for what the steps of the task are. */
const told = {
  launch: ['BUILD', 'LaunchBuildInstance', 'LaunchInstance'],
  build: ['BUILD', 'ApplyBuildComponents', 'ExecuteComponents'],
  validate: ['BUILD', 'ValidateBuildComponents', 'ExecuteComponents'],
  sanitize: ['BUILD', 'SanitizeInstance', 'SanitizeInstance'],
  capture: ['BUILD', 'CreateOutputAMI', 'CreateImage'],
  terminate: ['BUILD', 'TerminateBuildInstance', 'TerminateInstance'],
  launchTest: ['TEST', 'LaunchTestInstance', 'LaunchInstance'],
  test: ['TEST', 'ApplyTestComponents', 'ExecuteComponents'],
  terminateTest: ['TEST', 'TerminateTestInstance', 'TerminateInstance'],
  distribute: ['DISTRIBUTION', 'DistributeImage', 'DistributeImage'],
} as const satisfies Record<string, readonly [WorkflowExecution['type'], string, string]>;

export type ToldStep = keyof typeof told;

const states: Record<WorkflowExecution['type'], ImageBuildState> = {
  BUILD: 'BUILDING',
  TEST: 'TESTING',
  DISTRIBUTION: 'DISTRIBUTING',
};

export async function requiredBuild(catalog: Catalog, arn: string): Promise<ImageBuildRow> {
  const row = await catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
  if (!row) throw new Error(`there is no build ${arn}`);
  return row;
}

/** All that there will be, before anything is done. */
function plannedWorkflows(): WorkflowExecution[] {
  return (['BUILD', 'TEST', 'DISTRIBUTION'] as const).map((type) => ({
    id: `wf-${randomUUID()}`,
    type,
    status: 'PENDING',
    steps: Object.values(told)
      .filter(([of]) => of === type)
      .map(
        ([, name, action]): WorkflowStep => ({
          id: `step-${randomUUID()}`,
          name,
          action,
          status: 'PENDING',
        }),
      ),
  }));
}

/** Written in the transaction that changes something else of the build, or in one of its own. */
export async function changeBuild(
  transaction: CatalogTransaction,
  arn: string,
  change: (row: ImageBuildRow) => ImageBuildRow,
): Promise<void> {
  const { imageBuilds } = transaction;
  const row = await imageBuilds.get(arn);
  if (!row) return;
  const changed = await imageBuilds.update(change(row));
  if (isBuilding(row) && !isBuilding(changed)) await noteBuildEnded(transaction, changed);
}

/** A step that is begun again began when it did at first. */
export function stepBegan(row: ImageBuildRow, step: ToldStep, now: Date): ImageBuildRow {
  const [type] = told[step];
  const planned = row.workflows.length > 0 ? row : { ...row, workflows: plannedWorkflows() };
  const began = withStep(planned, step, (each) => ({
    ...each,
    status: 'RUNNING',
    startedAt: each.startedAt ?? now.toISOString(),
  }));
  return { ...withWorkflow(began, type, now), state: states[type] };
}

export function stepEnded(
  row: ImageBuildRow,
  step: ToldStep,
  status: StepStatus,
  now: Date,
): ImageBuildRow {
  const ended = withStep(row, step, (each) => ({ ...each, status, endedAt: now.toISOString() }));
  return withWorkflow(ended, told[step][0], now);
}

export function buildFailed(row: ImageBuildRow, reason: StateReason, now: Date): ImageBuildRow {
  const isCancelled = reason.code === 'Client.UserInitiated';
  const status = isCancelled ? 'CANCELLED' : 'FAILED';
  const message = reason.message.replace(`${reason.code}: `, '');
  const endedAt = now.toISOString();
  const workflows = row.workflows.map((workflow): WorkflowExecution => {
    const steps = workflow.steps.map(
      (step): WorkflowStep =>
        step.status === 'RUNNING'
          ? { ...step, status, message, endedAt }
          : step.status === 'PENDING'
            ? { ...step, status: 'CANCELLED' }
            : step,
    );
    if (workflow.status === 'COMPLETED' || workflow.status === 'SKIPPED') return workflow;
    const isBegun = workflow.startedAt !== undefined;
    return isBegun
      ? { ...workflow, steps, status, message, endedAt }
      : { ...workflow, steps, status: 'CANCELLED' };
  });
  const text = isCancelled ? 'The build was cancelled.' : message;
  return { ...row, workflows, state: status, reason: text, finishedAt: endedAt };
}

function withStep(
  row: ImageBuildRow,
  step: ToldStep,
  change: (step: WorkflowStep) => WorkflowStep,
): ImageBuildRow {
  const [type, name] = told[step];
  const workflows = row.workflows.map((workflow) =>
    workflow.type === type
      ? {
          ...workflow,
          steps: workflow.steps.map((each) => (each.name === name ? change(each) : each)),
        }
      : workflow,
  );
  return { ...row, workflows };
}

/** What its steps come to. */
function withWorkflow(
  row: ImageBuildRow,
  type: WorkflowExecution['type'],
  now: Date,
): ImageBuildRow {
  const workflows = row.workflows.map((workflow): WorkflowExecution => {
    if (workflow.type !== type) return workflow;
    const { steps, startedAt = now.toISOString() } = workflow;
    const isOver = steps.every(({ status }) => status === 'COMPLETED' || status === 'SKIPPED');
    if (!isOver) return { ...workflow, status: 'RUNNING', startedAt };
    const status = steps.every((step) => step.status === 'SKIPPED') ? 'SKIPPED' : 'COMPLETED';
    return { ...workflow, status, startedAt, endedAt: now.toISOString() };
  });
  return { ...row, workflows };
}
