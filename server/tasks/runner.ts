/**
 * Runs the tasks of the catalog: see task.ts for their life. Different subjects at the same time,
 * one task per subject, oldest first. What is done is recorded after each step together with which
 * step comes next, so that a restart after kill -9 runs again exactly the step (or undo) that was
 * under way.
 * It changes no row but the task's own: rows of the subject are the steps' affair.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { isFinished, unfinishedStates } from '../domain/tasks.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import type { RunContext, RunnableStep, TaskDefinition, TaskServices } from './task.ts';
import { TaskFailure } from './task.ts';

export interface TaskRunner {
  /** Resumes whatever is unfinished. */
  start(): void;
  /** There may be new rows: looks, and returns at once. */
  wake(): void;
  /** Aborts the running steps and waits for them; they are run again after the next start. */
  stop(): Promise<void>;
  /** Resolves with the row once the task has succeeded or failed. */
  settled(taskId: string): Promise<TaskRow>;
}

/**
 * `before` a step runs, `after` it ran and before that is recorded, before its `undo`. Tests kill
 * the process here.
 */
export type StepMoment = 'before' | 'after' | 'undo';
export type StepHook = (
  kind: string,
  step: string,
  moment: StepMoment,
  task: TaskRow,
) => void | Promise<void>;

export interface TaskRunnerOptions {
  services: TaskServices;
  definitions: readonly TaskDefinition[];
  onStep?: StepHook;
  /** Hears of each task that has succeeded or failed. */
  onEnd?: (row: TaskRow) => void;
  /** Milliseconds to wait after the nth failure. */
  backOffMs?: (failures: number) => number;
  /** Milliseconds until a task is looked at again of which not even the catalog could be told. */
  pauseMs?: number;
}

/** Most of them wait: heavy steps have limits of their own. */
const concurrencyMax = 256;
/**
 * With the back-off below a step is given up after half a minute: longer than a restart of the data
 * plane takes.
 */
const attemptsMax = 5;
/** 0.25, 1, 4, 16 s. */
const usualBackOffMs = (failures: number) => 250 * 4 ** (failures - 1);
/** Such as a full disk lasts. */
const usualPauseMs = 15_000;
/** Finished tasks are kept for the operator to read, no longer than this list. */
const finishedKept = 1000;
/** Counting is cheap, but not after every task. */
const tasksBetweenPrunes = 100;

export function createTaskRunner(options: TaskRunnerOptions): TaskRunner {
  return new Runner(options);
}

interface Active {
  taskId: string;
  cancel: AbortController;
  done: Promise<void>;
}

class Runner implements TaskRunner {
  readonly #services: TaskServices;
  readonly #definitions: Map<string, TaskDefinition>;
  readonly #onStep: StepHook;
  readonly #onEnd: (row: TaskRow) => void;
  readonly #backOffMs: (failures: number) => number;
  readonly #pauseMs: number;
  readonly #stopping = new AbortController();
  /** Subject -> its task under way. */
  readonly #active = new Map<string, Active>();
  readonly #waiters = new Map<string, ((row: TaskRow) => void)[]>();
  #scanning = false;
  #scanAgain = false;
  #sincePrune = 0;

  constructor(options: TaskRunnerOptions) {
    const { services, definitions, onStep, onEnd, backOffMs, pauseMs } = options;
    this.#services = services;
    this.#definitions = new Map(definitions.map((each) => [each.kind, each]));
    this.#onStep = onStep ?? (() => {});
    this.#onEnd = onEnd ?? (() => {});
    this.#backOffMs = backOffMs ?? usualBackOffMs;
    this.#pauseMs = pauseMs ?? usualPauseMs;
  }

  start(): void {
    this.#background(this.#prune());
    this.wake();
  }

  wake(): void {
    if (this.#stopped) return;
    if (this.#scanning) {
      this.#scanAgain = true;
      return;
    }
    this.#scanning = true;
    this.#background(
      this.#scan().finally(() => {
        this.#scanning = false;
        if (this.#scanAgain) {
          this.#scanAgain = false;
          this.wake();
        }
      }),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  settled(taskId: string): Promise<TaskRow> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(taskId) ?? [];
      this.#waiters.set(taskId, [...waiters, resolve]);
      const { catalog } = this.#services;
      catalog
        .read((reader) => reader.tasks.get(taskId))
        .then((row) => {
          if (!row) reject(new Error(`there is no task ${taskId}`));
          else if (isFinished(row)) this.#announce(row);
        })
        .catch(reject);
    });
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Starts the oldest task of each subject that has none under way. */
  async #scan(): Promise<void> {
    const { catalog, site } = this.#services;
    const rows = await catalog.read((reader) => unfinished(reader, site.hostId));
    for (const row of rows) {
      const active = this.#active.get(row.subject);
      if (row.cancelled && active?.taskId === row.id) active.cancel.abort();
      if (this.#stopped || this.#active.size >= concurrencyMax) continue;
      if (active || !this.#definitions.has(row.kind)) continue;
      const cancel = new AbortController();
      const signal = AbortSignal.any([cancel.signal, this.#stopping.signal]);
      this.#active.set(row.subject, { taskId: row.id, cancel, done: this.#work(row, signal) });
    }
  }

  /** Never rejects. */
  async #work(row: TaskRow, signal: AbortSignal): Promise<void> {
    const { log } = this.#services;
    const definition = this.#definitions.get(row.kind) as TaskDefinition;
    try {
      // The scan's row may be of before an earlier run of the same task ended.
      const fresh = await this.#services.catalog.read((reader) => reader.tasks.get(row.id));
      if (fresh && !isFinished(fresh)) {
        const finished = await this.#run(definition, fresh, signal);
        log.info(`task ${finished.state}`, about(finished));
        this.#onEnd(finished);
        this.#announce(finished);
        if (++this.#sincePrune >= tasksBetweenPrunes) await this.#prune();
      }
    } catch (error) {
      if (!this.#stopped) {
        log.error('task interrupted; it is tried again soon', { ...about(row), error });
        // The subject stays taken meanwhile, so that its tasks keep their order.
        const { signal } = this.#stopping;
        await delay(this.#pauseMs, undefined, { signal }).catch(() => {});
      }
    }
    this.#active.delete(row.subject);
    this.wake();
  }

  async #run(definition: TaskDefinition, row: TaskRow, signal: AbortSignal): Promise<TaskRow> {
    const { steps } = definition;
    let task = row;
    if (task.state === 'running') task = await this.#forward(steps, task, signal);
    if (task.state === 'undoing') {
      task = await this.#backward(steps, task);
      await definition.failed(
        this.#context(task, this.#stopping.signal),
        task.error ?? unknownReason,
      );
      task = await this.#record(task, { state: 'failed', ...this.#finish() });
    }
    return task;
  }

  async #forward(
    steps: readonly RunnableStep[],
    row: TaskRow,
    signal: AbortSignal,
  ): Promise<TaskRow> {
    const todo = steps.filter(({ name }) => !Object.hasOwn(row.outputs, name));
    let task = row;
    if (task.step === undefined || task.step !== todo[0]?.name) {
      task = await this.#record(task, {
        step: todo[0]?.name,
        steps: steps.map(({ name }) => name),
      });
    }
    for (const [index, step] of todo.entries()) {
      const { name } = step;
      if (task.cancelled) return this.#record(task, { state: 'undoing', error: cancelledReason });
      const run = () => step.run(this.#context(task, signal));
      const result = await this.#attempt(task, name, run, 'before', signal);
      task = result.task;
      if (!result.done) return this.#record(task, { state: 'undoing', attempts: 0 });
      await this.#onStep(task.kind, name, 'after', task);
      const next = todo[index + 1]?.name;
      // JSON has no undefined: null says that the step is done.
      const outputs = { ...task.outputs, [name]: result.output ?? null };
      task = await this.#record(task, {
        outputs,
        step: next,
        progress: undefined,
        checkpoint: undefined,
        attempts: 0,
        error: undefined,
        ...(next === undefined && { state: 'succeeded', ...this.#finish() }),
      });
    }
    return isFinished(task)
      ? task
      : this.#record(task, { state: 'succeeded', step: undefined, ...this.#finish() });
  }

  /**
   * From the step that failed (or was being undone) to the first. Outputs stay: later undos may
   * need them.
   */
  async #backward(steps: readonly RunnableStep[], row: TaskRow): Promise<TaskRow> {
    const from = steps.findIndex(({ name }) => name === row.step);
    const todo = steps.slice(0, from + 1).reverse();
    let task = row;
    for (const [index, { name, undo }] of todo.entries()) {
      const reason = task.error;
      if (undo) {
        const { signal } = this.#stopping;
        const run = () => undo(this.#context(task, signal));
        const result = await this.#attempt(task, name, run, 'undo', signal);
        task = result.task;
        if (!result.done) {
          // Going on leaves something behind; stopping here would leave more, and the subject
          // pending for ever.
          this.#services.log.error('undo given up', { ...about(task), error: task.error });
        }
      }
      task = await this.#record(task, { step: todo[index + 1]?.name, attempts: 0, error: reason });
    }
    return task;
  }

  /** Tries until it succeeds, or `attemptsMax` times. */
  async #attempt(
    row: TaskRow,
    step: string,
    run: () => Promise<unknown>,
    moment: StepMoment,
    signal: AbortSignal,
  ): Promise<{ task: TaskRow; done: boolean; output?: unknown }> {
    let task = row;
    for (;;) {
      this.#stopping.signal.throwIfAborted();
      await this.#onStep(task.kind, step, moment, task);
      try {
        return { task, done: true, output: await run() };
      } catch (error) {
        this.#stopping.signal.throwIfAborted();
        if (signal.aborted) {
          return { task: await this.#record(task, { error: cancelledReason }), done: false };
        }
        const told = error instanceof TaskFailure ? error : undefined;
        const final = told?.again === false;
        const attempts = task.attempts + 1;
        this.#services.log.warn('step failed', { ...about(task), step, moment, attempts, error });
        // What a client may read says nothing of the host; the log has the whole error.
        task = await this.#record(task, {
          attempts,
          ...(moment === 'before' && { error: told?.reason ?? stepFailed(step, error) }),
        });
        if (final || attempts >= attemptsMax) return { task, done: false };
        await delay(this.#backOffMs(attempts), undefined, { signal }).catch(() => {});
      }
    }
  }

  #context(task: TaskRow, signal: AbortSignal): RunContext {
    return { task, services: this.#services, signal };
  }

  async #record(task: TaskRow, change: Partial<TaskRow>): Promise<TaskRow> {
    return this.#services.catalog.write(async ({ tasks }) => {
      // Beside the runner a request that cancels it writes to a task, and a step its progress.
      const current = await tasks.get(task.id);
      return tasks.update({ ...(current ?? task), ...change });
    });
  }

  #finish(): Partial<TaskRow> {
    return { finishedAt: this.#services.clock.now().toISOString() };
  }

  #announce(row: TaskRow): void {
    for (const waiter of this.#waiters.get(row.id) ?? []) waiter(row);
    this.#waiters.delete(row.id);
  }

  async #prune(): Promise<void> {
    this.#sincePrune = 0;
    await this.#services.catalog.write(async ({ tasks }) => {
      const where = { state: ['succeeded', 'failed'] };
      if ((await tasks.count({ where })) <= finishedKept) return;
      const rows = (await tasks.list({ where })).sort((a, b) =>
        (b.finishedAt ?? '').localeCompare(a.finishedAt ?? ''),
      );
      for (const row of rows.slice(finishedKept)) await tasks.delete(row.id);
    });
  }

  #background(work: Promise<void>): void {
    work.catch((error) => {
      this.#services.log.error('tasks could not be read', { error });
      setTimeout(() => this.wake(), this.#pauseMs).unref();
    });
  }
}

async function unfinished(reader: CatalogReader, host: string): Promise<TaskRow[]> {
  const rows = await reader.tasks.list({ where: { state: unfinishedStates, host } });
  return rows.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
}

function about({ id, kind, subject, step }: TaskRow) {
  return { task: id, kind, subject, step };
}

function stepFailed(step: string, error: unknown): StateReason {
  const why = isDiskFull(error) ? 'the disk of the host is full' : 'the log of Imago says why';
  const code = 'Server.InternalError';
  return { code, message: `${code}: step ${step} failed: ${why}.` };
}

const cancelledReason: StateReason = {
  code: 'Client.UserInitiated',
  message: 'Client.UserInitiated: what it was to make was deleted.',
};

const unknownReason: StateReason = { code: 'Server.InternalError', message: 'The task failed.' };
