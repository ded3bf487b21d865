/**
 * Durable work: a task is a list of named steps, told in order, each idempotent and recorded before
 * and after, each with an undo where it leaves something behind. runner.ts runs them; kill -9 at
 * any point is an ordinary day:
 *
 *   running --all steps done--> succeeded
 *      \--a step fails for good--> undoing --undos in reverse order--> failed
 *
 * The undo of the step that failed comes first.
 *
 * A step that was running when the process died is run again. It deliberately has no parallel steps
 * and no untyped bag: a step's output is typed and named after the step.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Sealing } from '../blocks/sealed-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { Ids } from '../domain/identity.ts';
import type { MasterKey } from '../domain/master-key.ts';
import type { DriverServices } from '../driver/services.ts';
import type { Files } from '../files/files.ts';
import type { Home } from '../foundations/home.ts';
import type { Limit } from '../foundations/limit.ts';
import type { Archives } from '../transfers/archives.ts';
import type { OfferedFiles } from '../transfers/offered-files.ts';
import type { VulnerabilityFeed } from '../vulnerabilities/vulnerability-feed.ts';

/** More at a time would only share the processors and disks that they have. */
export const uploadsAtOnce = 2;

/** What tasks work with; main.ts makes it. */
export interface TaskServices extends DriverServices {
  ids: Ids;
  /** Reading, hashing and writing of whole volumes: tasks wait for their turn. */
  uploads: Limit;
  /**
   * What a build does with its disk is given up when it shows no progress for so long; as the
   * host's uploads without it.
   */
  silenceMs?: number;
  /** Of image builds and copies: what is captured goes through the host. */
  blocks: BlockStores;
  /** Of what is written here driver and runner hear, as of what requests write. */
  orders: Catalog;
  masterKey: MasterKey;
  /** Files that clients offer to imports. */
  offers: OfferedFiles;
  /** Where archived snapshots are. */
  archives: Archives;
  /** In threads, where there are. */
  sealing?: Sealing;
  home: Home;
  files: Files;
  /** Absent: nobody is to be told of anything. */
  alerts?: Alerts;
  /** What is known of vulnerabilities, where the operator has given it. */
  vulnerabilities?: VulnerabilityFeed;
}

export interface StepContext<Input, Outputs> {
  task: TaskRow;
  input: Input;
  /** What the earlier steps returned. */
  outputs: Outputs;
  services: TaskServices;
  /** Aborted when Imago stops: the step is run again after the next start. */
  signal: AbortSignal;
}

export interface Step<Input, Outputs, Output> {
  run(context: StepContext<Input, Outputs>): Promise<Output>;
  /**
   * Takes back what `run` did or half did; `outputs` has this step's output only when it completed.
   */
  undo?(context: StepContext<Input, Partial<Outputs>>): Promise<void>;
}

interface NamedStep<Input, Outputs, Name extends keyof Outputs>
  extends Step<Input, Outputs, Outputs[Name]> {
  name: Name;
}

/** A kind of task as its author writes it. */
export interface TaskPlan<Input, Outputs extends object> {
  kind: string;
  /** In the order in which they are done, each under the name of its output. */
  steps: { [Name in keyof Outputs]: NamedStep<Input, Outputs, Name> }[keyof Outputs][];
  /** Called once when everything is undone: tells the subject's row why. */
  failed(context: StepContext<Input, Partial<Outputs>>, reason: StateReason): Promise<void>;
}

/**
 * What is known of a step's context when its kind is not: the row, whose JSON the kind understands.
 */
export type RunContext = Pick<StepContext<unknown, unknown>, 'task' | 'services' | 'signal'>;

export interface RunnableStep {
  name: string;
  run(context: RunContext): Promise<unknown>;
  undo?(context: RunContext): Promise<void>;
}

/** A kind of task as the runner sees it. */
export interface TaskDefinition {
  kind: string;
  steps: readonly RunnableStep[];
  failed(context: RunContext, reason: StateReason): Promise<void>;
}

/**
 * Closes over the types of a kind: the row's JSON is its input and outputs here and nowhere else.
 */
export function defineTask<Input, Outputs extends object>(
  plan: TaskPlan<Input, Outputs>,
): TaskDefinition {
  const typed = <Known>({ task, services, signal }: RunContext): StepContext<Input, Known> => ({
    task,
    input: task.input as Input,
    outputs: task.outputs as Known,
    services,
    signal,
  });
  return {
    kind: plan.kind,
    steps: plan.steps.map((step) => ({
      name: String(step.name),
      run: (context) => step.run(typed(context)),
      ...(step.undo && { undo: async (context) => step.undo?.(typed(context)) }),
    })),
    failed: (context, reason) => plan.failed(typed(context), reason),
  };
}

/** What a request would be told ends a task at once. */
export function orFail<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw asFailure(error);
  }
}

export async function orFailAsync<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    throw asFailure(error);
  }
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof ServiceError)) return error;
  return new TaskFailure(`Client.${error.code}`, error.message);
}

/**
 * Thrown by a step that can never succeed: no retries, undo at once. Any other error is tried again
 * a few times, and so is one with `again`, of which clients may read why at last.
 */
export class TaskFailure extends Error {
  override name = 'TaskFailure';
  readonly reason: StateReason;
  readonly again: boolean;
  constructor(code: string, message: string, { again = false } = {}) {
    super(message);
    this.reason = { code, message };
    this.again = again;
  }
}
