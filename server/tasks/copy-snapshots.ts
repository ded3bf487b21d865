/**
 * CopySnapshot and CopyImage: snapshots become readable in the store of their copies' region, and
 * then the rows of the copies, and of the image that they may be for, say so. Between regions that
 * share a store no byte is moved. Blocks of a copy that is undone are garbage.
 */

import { sealKeyOf } from '../blocks/sealed-block.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { copySnapshot } from '../disk/copy-snapshot.ts';
import { imagePointArn } from '../domain/backups/arns.ts';
import { endBackup } from '../domain/backups/jobs.ts';
import type { CopySnapshotsInput, SnapshotCopy } from '../domain/copies.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { VolumeKeys } from '../domain/volume-keys.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { explainUnreadable } from './layers-below.ts';
import { completeSnapshots, failSnapshots, progressWriter } from './snapshot-rows.ts';
import { defineTask, type StepContext, type TaskServices } from './task.ts';

interface CopyOutput {
  snapshotId: string;
  root: string;
  fullSizeBytes: number;
  storedBytes: number;
  sharedBytes: number;
}

interface Outputs {
  copy: CopyOutput[];
  publish: null;
}

export const copySnapshots = defineTask<CopySnapshotsInput, Outputs>({
  kind: 'copy-snapshots',
  steps: [
    {
      name: 'copy',
      async run({ task, input, services, signal }) {
        const copied: CopyOutput[] = [];
        for (const each of input.copies) {
          copied.push(await copy(services, task, each, signal).catch(explainUnreadable));
        }
        return copied;
      },
    },
    { name: 'publish', run: publish },
  ],
  async failed({ input, services }, reason) {
    const now = services.clock.now();
    await services.catalog.write(async (transaction) => {
      await failSnapshots(transaction, input.copies, reason, now);
      const image = await transaction.images.get(input.imageId ?? '');
      if (image?.state !== 'pending') return;
      const stateReason = failureReason(reason);
      await transaction.images.update({ ...image, state: 'failed', stateReason });
      await endBackup(transaction, imagePointArn(image), now, reason.message);
    });
  },
});

async function copy(
  services: TaskServices,
  { region }: TaskRow,
  source: SnapshotCopy,
  signal: AbortSignal,
): Promise<CopyOutput> {
  const { snapshotId, root, fullSizeBytes, encryption } = source;
  const keys = new VolumeKeys(services);
  const key = source.source && sealKeyOf(await keys.blocks(source.source));
  const seal = encryption && sealKeyOf(await keys.blocks(encryption));
  const from = services.blocks.of(source.region);
  const to = services.blocks.of(region);
  if (from === to && key?.id === seal?.id)
    return { snapshotId, root, fullSizeBytes, storedBytes: 0, sharedBytes: fullSizeBytes };
  const tellProgress = progressWriter(services, snapshotId);
  const { silenceMs = usualTimeLimits.silenceMs, sealing } = services;
  const silent = () => new Error(`the copy ${snapshotId} shows no progress`);
  const result = await services.uploads.run(() =>
    whileThereIsRoom(services, region, signal, (whileRoom) =>
      unlessSilent(
        ({ onProgress: goesOn, signal }) => {
          const onProgress = (done: number, total: number) => {
            goesOn();
            tellProgress(done, total);
          };
          return copySnapshot({ from, store: to, root, key, seal, sealing, onProgress, signal });
        },
        { silenceMs, signal: whileRoom, silent },
      ),
    ),
  );
  const { storedBytes, sharedBytes } = result;
  const copied = { root: result.root, fullSizeBytes: result.fullSizeBytes };
  return { snapshotId, ...copied, storedBytes, sharedBytes };
}

async function publish({
  input,
  outputs,
  services,
}: StepContext<CopySnapshotsInput, Outputs>): Promise<null> {
  const { catalog, clock, masterKey } = services;
  const now = clock.now();
  await catalog.write(async (transaction) => {
    await completeSnapshots(transaction, outputs.copy, now);
    const image = await transaction.images.get(input.imageId ?? '');
    // Deregistered meanwhile: the snapshots stay.
    if (image?.state !== 'pending') return;
    const available = await transaction.images.update({ ...image, state: 'available' });
    await recordManifest(transaction, available, { masterKey, now });
    await endBackup(transaction, imagePointArn(available), now);
  });
  return null;
}

function failureReason({ code, message }: StateReason): StateReason {
  return { code, message: `${message} Deregister this image and copy it again.` };
}
