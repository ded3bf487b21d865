/**
 * EnableFastSnapshotRestores: the snapshot's bytes are kept as a plain base, from which its volumes
 * are read. Where there is no room for it, it is disabled again, and says so.
 */
import type { FastRestoreRow } from '../catalog/rows/fast-restore.ts';
import {
  enableKind,
  type FastRestoreInput,
  isLiving,
  livingStates,
} from '../domain/fast-restores.ts';
import { PlainRoomError } from '../host/host.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';

interface Outputs {
  begin: null;
  write: null;
  finish: null;
}

type Context = StepContext<FastRestoreInput, Partial<Outputs>>;

export const enableFastRestore = defineTask<FastRestoreInput, Outputs>({
  kind: enableKind,
  steps: [
    {
      name: 'begin',
      run: (context) =>
        changeRestore(context, (row, at) =>
          row.state === 'enabling' ? { state: 'optimizing', optimizingAt: at } : undefined,
        ),
    },
    { name: 'write', run: write, undo: releaseUnwanted },
    {
      name: 'finish',
      run: (context) =>
        changeRestore(context, (row, at) =>
          row.state === 'optimizing' ? { state: 'enabled', enabledAt: at } : undefined,
        ),
    },
  ],
  async failed(context, { message }) {
    await changeRestore(context, (row, at) =>
      isLiving(row) ? { state: 'disabled', disabledAt: at, failure: message } : undefined,
    );
  },
});

async function write({ services, task, input, signal }: Context): Promise<null> {
  const { root, sizeBytes } = input;
  await services.host
    .keepPlain({ root, sizeBytes, region: task.region }, { signal })
    .catch((error) => {
      if (!(error instanceof PlainRoomError)) throw error;
      throw new TaskFailure('Server.InsufficientVolumeCapacity', error.message);
    });
  return null;
}

/** Unless another zone's, or account's, wants the same. */
export async function releaseUnwanted({
  services: { catalog, host },
  input: { id, root },
}: StepContext<FastRestoreInput, unknown>): Promise<void> {
  const living = await catalog.read(({ fastRestores }) =>
    fastRestores.list({ where: { state: livingStates } }),
  );
  if (!living.some((row) => row.root === root && row.id !== id)) await host.releasePlain(root);
}

export async function changeRestore(
  { services: { catalog, clock }, input: { id } }: StepContext<FastRestoreInput, unknown>,
  change: (row: FastRestoreRow, at: string) => Partial<FastRestoreRow> | undefined,
): Promise<null> {
  await catalog.write(async ({ fastRestores }) => {
    const row = await fastRestores.get(id);
    const changed = row && change(row, clock.now().toISOString());
    if (changed) await fastRestores.update({ ...row, ...changed });
  });
  return null;
}
