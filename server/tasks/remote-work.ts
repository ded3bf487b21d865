/** What pushes and pulls have in common: the remote of a transfer, and how far it has come. */
import type { RemoteRow } from '../catalog/rows/remote.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { failTransfer, tellOfTransfer } from '../domain/backups/remote-transfers.ts';
import { FarError } from '../remotes/far-client.ts';
import { type OpenRemote, openRemote } from '../remotes/open-remote.ts';
import { type StepContext, TaskFailure, type TaskServices } from './task.ts';

export interface RemoteInput {
  transferId: string;
  remoteId: string;
}

type Context = Pick<StepContext<RemoteInput, unknown>, 'services' | 'input' | 'signal'>;

/** What the other end refuses, it refuses the next time as well. */
export async function withRemote<T>(
  { services, input, signal }: Context,
  work: (remote: OpenRemote, row: RemoteRow) => Promise<T>,
): Promise<T> {
  for (;;) {
    const row = await remoteOf({ services, input });
    using remote = openRemote(row, services.masterKey, { signal });
    try {
      return await work(remote, row);
    } catch (error) {
      if (!(error instanceof FarError)) throw error;
      // The work goes on from where it was: with another key it may be let.
      const now = await remoteOf({ services, input });
      if (now.secret.wrappedKey !== row.secret.wrappedKey) continue;
      throw refused(`${row.name} answers ${error.message}`);
    }
  }
}

async function remoteOf({ services, input }: Pick<Context, 'services' | 'input'>) {
  const row = await services.catalog.read(({ remotes }) => remotes.get(input.remoteId));
  if (row) return row;
  throw new TaskFailure('Client.UserInitiated', 'Client.UserInitiated: the remote was deleted.');
}

export function refused(message: string): TaskFailure {
  const code = 'Client.RemoteRefused';
  return new TaskFailure(code, `${code}: ${message}`);
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
  { input, services }: Pick<StepContext<RemoteInput, unknown>, 'input' | 'services'>,
  reason: Parameters<typeof failTransfer>[2],
): Promise<void> {
  await services.catalog.write((transaction) =>
    failTransfer(transaction, input.transferId, reason, services.clock.now()),
  );
}
