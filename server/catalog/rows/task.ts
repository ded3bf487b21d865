/** Durable tasks (server/tasks). */
import type { OwnedRow, StateReason } from './row.ts';

/** A durable task (server/tasks). `input` and `outputs` belong to the kind; they are JSON. */
export interface TaskRow extends OwnedRow {
  kind: string;
  state: 'running' | 'undoing' | 'succeeded' | 'failed';
  /** What the task works on, such as an image or instance id: one task per subject at a time. */
  subject: string;
  input: unknown;
  /** Names of the kind's steps, in order; there once the task has begun. */
  steps?: string[];
  /** Step name -> what it returned. A step that is present here has completed. */
  outputs: Record<string, unknown>;
  /** Step being run or undone now. */
  step?: string;
  /** Of `step`, where it tells it: bytes that are moved. */
  progress?: { doneBytes: number; totalBytes: number };
  /** How far `step` has come, of one that does not begin anew when it is run again. JSON. */
  checkpoint?: unknown;
  /** Failures of `step` so far. */
  attempts: number;
  /** Why the step failed last; of a failed task: why it failed. */
  error?: StateReason;
  finishedAt?: string;
  /** Nobody wants it any more: the step under way ends, and all is undone. */
  cancelled?: true;
  /** Given by the catalog when it is inserted: greater than that of every task before it. */
  sequence?: number;
  /** Which host does it (h-…, see LeaseRow); absent in old rows until start-up fills it in. */
  host?: string;
}
