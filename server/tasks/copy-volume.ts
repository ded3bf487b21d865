/**
 * CopyVolumes: a volume cut at one point in time while it is used; what lies below the cut becomes
 * the base of it and of the copy. The steps are capture-steps.ts's, the rows
 * domain/order-volume-copy.ts's.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { type CopyVolumeInput, copyVolumeKind } from '../domain/order-volume-copy.ts';
import { capturedBase } from '../domain/volumes.ts';
import { deleteVolumes } from '../driver/delete-volumes.ts';
import { rebase, type UploadOutput, upload } from './capture-steps.ts';
import { type PivotOutput, pivot, undoPivot } from './pivot-step.ts';
import { defineTask } from './task.ts';

interface Outputs {
  pivot: PivotOutput;
  upload: UploadOutput | null;
  rebase: null;
  publish: null;
}

export const copyVolume = defineTask<CopyVolumeInput, Outputs>({
  kind: copyVolumeKind,
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
        const { upload: made } = outputs;
        await services.catalog.write((transaction) =>
          end(transaction, input, (copy) => ({
            ...copy,
            state: 'available',
            ...(made && { base: capturedBase(input.base ?? copy, made.root, made.sizeBytes) }),
          })),
        );
        await deleteVolumes(services, [input.volumeId]);
        return null;
      },
    },
  ],
  async failed({ input, services }, reason) {
    services.log.error('a volume was not copied', { volumeId: input.volumeId, reason });
    await services.catalog.write((transaction) =>
      end(transaction, input, (copy) => ({ ...copy, state: 'error' })),
    );
    await deleteVolumes(services, [input.volumeId]);
  },
});

/** The copy is what it has become, and nothing is left of the cut. */
async function end(
  { snapshots, volumes }: CatalogTransaction,
  { copyId, snapshotId }: CopyVolumeInput,
  become: (copy: VolumeRow) => VolumeRow,
): Promise<void> {
  if (await snapshots.get(snapshotId)) await snapshots.delete(snapshotId);
  const copy = await volumes.get(copyId);
  if (copy?.state === 'creating') await volumes.update(become(copy));
}
