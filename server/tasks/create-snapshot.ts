/** CreateSnapshot: one volume as it is now; the guest that may be using it runs on. The steps are capture.ts's. */
import type { CreateSnapshotInput } from '../domain/captures.ts';
import { type PivotOutput, pivot, rebase, type UploadOutput, upload } from './capture.ts';
import { deleteVolumes } from './layer-files.ts';
import { completeSnapshots, failSnapshots } from './snapshot-rows.ts';
import type { TaskDefinition } from './task.ts';

interface Outputs {
  pivot: PivotOutput;
  upload: UploadOutput;
  rebase: null;
  publish: null;
}

export const createSnapshot: TaskDefinition<CreateSnapshotInput, Outputs> = {
  kind: 'create-snapshot',
  steps: {
    pivot: { run: ({ input, services }) => pivot(services, input.instanceId, [input]) },
    upload: { run: ({ input, services, signal }) => upload(services, input, signal) },
    rebase: {
      async run({ outputs, services }) {
        await rebase(services, outputs.upload);
        return null;
      },
    },
    publish: {
      async run({ input, outputs, services }) {
        const { catalog, clock } = services;
        await catalog.write((transaction) =>
          completeSnapshots(transaction, [outputs.upload], clock.now()),
        );
        await deleteVolumes(services, [input.volumeId]);
        return null;
      },
    },
  },
  async failed({ input, services }, reason) {
    await services.catalog.write((transaction) => failSnapshots(transaction, [input], reason));
    await deleteVolumes(services, [input.volumeId]);
  },
};
