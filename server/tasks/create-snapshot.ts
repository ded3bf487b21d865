/**
 * CreateSnapshot: one volume as it is now; the guest that may be using it runs on. The steps are
 * capture-steps.ts's.
 */
import type { VolumeCapture } from '../domain/order-capture.ts';
import { deleteVolumes } from '../driver/delete-volumes.ts';
import { rebase, type UploadOutput, upload } from './capture-steps.ts';
import { type PivotOutput, pivot, undoPivot } from './pivot-step.ts';
import { completeSnapshots, failSnapshots } from './snapshot-rows.ts';
import { defineTask } from './task.ts';

interface Outputs {
  pivot: PivotOutput;
  /** Null when the snapshot was deleted while it was pending. */
  upload: UploadOutput | null;
  rebase: null;
  publish: null;
}

export const createSnapshot = defineTask<VolumeCapture, Outputs>({
  kind: 'create-snapshot',
  steps: [
    {
      name: 'pivot',
      run: ({ input, services, signal }) => pivot(services, [input], signal),
      undo: ({ input, services }) => undoPivot(services, [input]),
    },
    {
      name: 'upload',
      run: async ({ input, services, signal }) => (await upload(services, input, signal)) ?? null,
    },
    {
      name: 'rebase',
      async run({ outputs, services }) {
        if (outputs.upload) await rebase(services, outputs.upload);
        return null;
      },
    },
    {
      name: 'publish',
      async run({ input, outputs, services }) {
        const { catalog, clock } = services;
        await catalog.write((transaction) =>
          completeSnapshots(transaction, outputs.upload ? [outputs.upload] : [], clock.now()),
        );
        await deleteVolumes(services, [input.volumeId]);
        return null;
      },
    },
  ],
  async failed({ input, services }, reason) {
    await services.catalog.write((transaction) => failSnapshots(transaction, [input], reason));
    await deleteVolumes(services, [input.volumeId]);
  },
});
