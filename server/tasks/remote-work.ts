/** What pushes and pulls have in common: the remote of a transfer, and how far it has come. */
import type { RemoteRow } from '../catalog/rows/remote.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { failTransfer, tellLeft, tellOfTransfer } from '../domain/backups/remote-transfers.ts';
import { isNotThere } from '../remotes/ebs-direct.ts';
import { FarAwayError, FarError } from '../remotes/far-client.ts';
import { type OpenRemote, openRemote } from '../remotes/open-remote.ts';
import { type StepContext, TaskFailure, type TaskServices } from './task.ts';

export interface RemoteInput {
  transferId: string;
  remoteId: string;
}

type Context = Pick<StepContext<RemoteInput, unknown>, 'services' | 'task' | 'input' | 'signal'>;

/**
 * What the other end refuses, it refuses the next time as well. Where it is away, or answers what is
 * no answer, the step is tried again.
 */
export async function withRemote<T>(
  context: Context,
  work: (remote: OpenRemote, row: RemoteRow) => Promise<T>,
): Promise<T> {
  const { services, signal } = context;
  for (;;) {
    const row = await remoteOf(context);
    using remote = openRemote(row, services.masterKey, { signal });
    try {
      return await work(remote, row);
    } catch (error) {
      if (error instanceof FarAwayError) throw away(`${row.name}: ${error.message}`);
      if (!(error instanceof FarError)) throw error;
      // The work goes on from where it was: with another key it may be let.
      const now = await remoteOf(context);
      if (now.secret.wrappedKey !== row.secret.wrappedKey) continue;
      throw refused(`${row.name} answers ${error.message}`);
    }
  }
}

/** Of one that was deleted what its task has kept of it. */
async function remoteOf({ services, task, input }: Context): Promise<RemoteRow> {
  const row = await services.catalog.read(async ({ remotes, tasks }) => {
    const known = await remotes.get(input.remoteId);
    return known ?? ((await tasks.get(task.id))?.input as Kept | undefined)?.formerRemote;
  });
  if (row) return row;
  throw new TaskFailure('Client.UserInitiated', 'Client.UserInitiated: the remote was deleted.');
}

interface Kept {
  formerRemote?: RemoteRow;
}

interface Put {
  /** For whoever has to look after it, where it stays. */
  name: string;
  remove(remote: OpenRemote): Promise<void>;
}

/** All of it that can be; what cannot is told with the transfer. */
export async function takeAway(context: Context, puts: readonly Put[]): Promise<void> {
  if (puts.length === 0) return;
  const { services, input } = context;
  const asked = puts.map(({ name }) => name);
  const left = new Set(asked);
  try {
    await withRemote(context, async (remote) => {
      const failures: unknown[] = [];
      for (const { name, remove } of puts) {
        try {
          await remove(remote);
          left.delete(name);
        } catch (error) {
          if (isNotThere(error)) left.delete(name);
          else failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    });
  } finally {
    await services.catalog.write((transaction) =>
      tellLeft(transaction, input.transferId, { asked, left: [...left] }),
    );
  }
}

export function refused(message: string): TaskFailure {
  const code = 'Client.RemoteRefused';
  return new TaskFailure(code, `${code}: ${message}`);
}

function away(message: string): TaskFailure {
  const code = 'Client.RemoteAway';
  return new TaskFailure(code, `${code}: ${message}`, { again: true });
}

/** Often enough for whoever looks, seldom enough for the catalog. */
const everyMs = 1000;

/** Where a step goes on that was cut off, and what of all is done: told at first and now and then. */
export class TransferProgress {
  readonly #services: TaskServices;
  readonly #task: TaskRow;
  readonly #transferId: string;
  readonly #totalBytes: number;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(
    services: TaskServices,
    task: TaskRow,
    { transferId, totalBytes }: { transferId: string; totalBytes: number },
  ) {
    this.#services = services;
    this.#task = task;
    this.#transferId = transferId;
    this.#totalBytes = totalBytes;
  }

  /** Waited for: what is on record is done. */
  async tell(doneBytes: number, checkpoint?: unknown): Promise<void> {
    if (performance.now() - this.#writtenAt < everyMs) return;
    this.#writtenAt = performance.now();
    const totalBytes = this.#totalBytes;
    await this.#services.catalog.write(async (transaction) => {
      const row = await transaction.tasks.get(this.#task.id);
      if (row?.state !== 'running') return;
      await transaction.tasks.update({
        ...row,
        progress: { doneBytes, totalBytes },
        ...(checkpoint !== undefined && { checkpoint }),
      });
      await tellOfTransfer(transaction, this.#transferId, { doneBytes, totalBytes });
    });
  }
}

export async function endAsFailed(
  { input, services, task }: Pick<StepContext<RemoteInput, unknown>, 'input' | 'services' | 'task'>,
  reason: Parameters<typeof failTransfer>[2],
): Promise<void> {
  await services.catalog.write(async (transaction) => {
    await failTransfer(transaction, input.transferId, reason, services.clock.now());
    const row = await transaction.tasks.get(task.id);
    if (!row) return;
    // Nobody needs its secret any more.
    const { formerRemote: _, ...kept } = row.input as RemoteInput & Kept;
    await transaction.tasks.update({ ...row, input: kept });
  });
}
