/**
 * Durable work: a task is a list of named steps, told in order, each idempotent and recorded before and after, each with an
 * undo where it leaves something behind. runner.ts runs them; kill -9 at any point is an ordinary day:
 *
 *   running --all steps done--> succeeded
 *      \--a step fails for good--> undoing --undos in reverse order, the failed step's first--> failed
 *
 * A step that was running when the process died is run again. It deliberately has no parallel steps and no untyped bag:
 * a step's output is typed and named after the step.
 */
import type { BlockStore } from '../blocks/block-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { Clock, Ids } from '../domain/identity.ts';
import type { Site } from '../domain/site.ts';
import type { Home } from '../foundations/home.ts';
import type { Log } from '../foundations/log.ts';
import type { UnprivilegedIdentity } from '../foundations/unprivileged.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { Locks } from './locks.ts';

/** What tasks and reconcilers work with; main.ts makes it. */
export interface TaskServices {
  catalog: Catalog;
  blocks: BlockStore;
  hypervisor: Hypervisor;
  dataPlane: DataPlane;
  home: Home;
  clock: Clock;
  ids: Ids;
  site: Site;
  log: Log;
  /** Whom the folders of machines belong to, where it is not Imago itself. */
  machineOwner?: UnprivilegedIdentity;
  /** One for all tasks and for the driver of the instances. */
  locks: Locks;
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
  /** Takes back what `run` did or half did; `outputs` has this step's output only when it completed. */
  undo?(context: StepContext<Input, Partial<Outputs>>): Promise<void>;
}

export interface TaskDefinition<Input, Outputs extends object> {
  kind: string;
  /** In the order in which they are written. */
  steps: { [Name in keyof Outputs]: Step<Input, Outputs, Outputs[Name]> };
  /** Called once when everything is undone: tells the subject's row why. */
  failed(context: StepContext<Input, Partial<Outputs>>, reason: StateReason): Promise<void>;
}

/** Thrown by a step that can never succeed: no retries, undo at once. Any other error is tried again a few times. */
export class TaskFailure extends Error {
  override name = 'TaskFailure';
  readonly reason: StateReason;
  constructor(code: string, message: string) {
    super(message);
    this.reason = { code, message };
  }
}
