/**
 * CreateSnapshot, CreateSnapshots: one volume, or several of an instance, as they are at one point
 * in time; the guest that may be using them runs on. The steps are capture-steps.ts's.
 */
import { consistencyTags } from '../domain/consistency.ts';
import { type VolumeCapture, type VolumeCaptures, volumeIdsOf } from '../domain/order-capture.ts';
import { deleteVolumes } from '../driver/delete-volumes.ts';
import { rebase, type UploadOutput, upload } from './capture-steps.ts';
import { consistencyOfCut, type PivotOutput, pivot, undoPivot } from './pivot-step.ts';
import { completeSnapshots, failSnapshots } from './snapshot-rows.ts';
import { defineTask } from './task.ts';

type Input = VolumeCapture | VolumeCaptures;

interface Outputs {
  pivot: PivotOutput;
  /** Without those that were deleted while they were pending: null where that was all. */
  upload: UploadOutput | UploadOutput[] | null;
  rebase: null;
  publish: null;
}

export const createSnapshot = defineTask<Input, Outputs>({
  kind: 'create-snapshot',
  steps: [
    {
      name: 'pivot',
      run: ({ input, services, signal }) => pivot(services, capturesOf(input), signal),
      undo: ({ input, services }) => undoPivot(services, capturesOf(input)),
    },
    {
      name: 'upload',
      async run({ input, services, signal }) {
        const uploaded: UploadOutput[] = [];
        for (const capture of capturesOf(input)) {
          const output = await upload(services, capture, signal);
          if (output) uploaded.push(output);
        }
        return uploaded;
      },
    },
    {
      name: 'rebase',
      async run({ outputs, services }) {
        for (const uploaded of uploadsOf(outputs)) await rebase(services, uploaded);
        return null;
      },
    },
    {
      name: 'publish',
      async run({ input, outputs, services }) {
        const { catalog, clock } = services;
        const tags = consistencyTags(consistencyOfCut(outputs.pivot));
        await catalog.write((transaction) =>
          completeSnapshots(transaction, uploadsOf(outputs), clock.now(), tags),
        );
        await deleteVolumes(services, volumeIdsOf(capturesOf(input)));
        return null;
      },
    },
  ],
  async failed({ input, services }, reason) {
    const captures = capturesOf(input);
    const now = services.clock.now();
    await services.catalog.write((transaction) =>
      failSnapshots(transaction, captures, reason, now),
    );
    await deleteVolumes(services, volumeIdsOf(captures));
  },
});

function capturesOf(input: Input): VolumeCapture[] {
  return 'captures' in input ? input.captures : [input];
}

/** A task that an older Imago began has one, or none. */
function uploadsOf({ upload }: Pick<Outputs, 'upload'>): UploadOutput[] {
  return [upload].flat().filter((each) => each !== null);
}
