/**
 * CreateInstanceExportTask: a snapshot of the instance's volume is made as any other
 * (create-snapshot.ts), becomes a file by the steps of export-steps.ts, and is removed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type ExportInstanceInput, removeExportedSnapshot } from '../domain/export-instance.ts';
import { endExport } from '../domain/exports.ts';
import {
  type ExportWork,
  leaveNothing,
  publishDisks,
  removeParts,
  withdrawDisks,
  writeDisks,
} from './export-steps.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';

const lookEveryMs = 200;

interface Outputs {
  snapshot: { root: string; region: string };
  write: null;
  publish: null;
  remove: null;
}

type Context = StepContext<ExportInstanceInput, Partial<Outputs>>;

export const exportInstance = defineTask<ExportInstanceInput, Outputs>({
  kind: 'export-instance',
  steps: [
    { name: 'snapshot', run: awaitSnapshot, undo: removeSnapshot },
    {
      name: 'write',
      run: (context) => writeDisks(workOf(context)),
      undo: (context) => removeParts(workOf(context)),
    },
    {
      name: 'publish',
      run: (context) => publishDisks(workOf(context)),
      undo: (context) => withdrawDisks(workOf(context)),
    },
    {
      name: 'remove',
      async run(context) {
        await removeSnapshot(context);
        return null;
      },
    },
  ],
  async failed(context, reason) {
    const { input, services, task } = context;
    await services.catalog.write(async (transaction) => {
      // That may have been given up.
      await removeExportedSnapshot(transaction, task, input.snapshotId);
      await endExport(transaction, input.exportId, reason);
    });
    await leaveNothing(workOf(context));
  },
});

function workOf({ services, task, input, outputs, signal }: Context): ExportWork {
  const { exportId, format, folder, key } = input;
  const { root = '', region = task.region } = outputs.snapshot ?? {};
  const disks = [{ root, region, key }];
  return { services, task, signal, input: { exportId, format, folder, disks } };
}

async function awaitSnapshot({ services, input, signal }: Context): Promise<Outputs['snapshot']> {
  for (;;) {
    const row = await services.catalog.read(({ snapshots }) => snapshots.get(input.snapshotId));
    if (!row) throw new TaskFailure('ClientError', 'ClientError: The snapshot was deleted.');
    const { state, root, region, stateMessage } = row;
    if (state === 'completed' && root !== undefined) return { root, region };
    if (state === 'error')
      throw new TaskFailure('Server.InternalError', stateMessage ?? 'It failed.');
    await delay(lookEveryMs, undefined, { signal });
  }
}

async function removeSnapshot({ services, task, input }: Context): Promise<void> {
  await services.catalog.write((transaction) =>
    removeExportedSnapshot(transaction, task, input.snapshotId),
  );
}
