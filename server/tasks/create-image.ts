/**
 * CreateImage: the volumes of an instance, at one point in time, as snapshots, and an image over
 * them. The steps tell it: halt and restart only where the caller wants the guest rebooted; pivot,
 * upload, rebase are capture-steps.ts's. After the pivot the guest runs on whatever becomes of the
 * image.
 */

import type { StateReason, Tags } from '../catalog/rows/row.ts';
import { imagePointArn } from '../domain/backups/arns.ts';
import { endBackup } from '../domain/backups/jobs.ts';
import { consistencyTags } from '../domain/consistency.ts';
import { type CreateImageInput, volumeIdsOf } from '../domain/order-capture.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import { deleteVolumes } from '../driver/delete-volumes.ts';
import { rebase, type UploadOutput, upload } from './capture-steps.ts';
import { mergeLayers } from './merge-layers.ts';
import { consistencyOfCut, type PivotOutput, pivot, undoPivot } from './pivot-step.ts';
import { type HaltOutput, haltStep, restartStep } from './reboot.ts';
import { completeSnapshots, failSnapshots } from './snapshot-rows.ts';
import { defineTask, type StepContext } from './task.ts';

interface Outputs {
  halt: HaltOutput;
  pivot: PivotOutput;
  restart: null;
  upload: UploadOutput[];
  rebase: null;
  publish: null;
}

export const createImage = defineTask<CreateImageInput, Outputs>({
  kind: 'create-image',
  steps: [
    {
      name: 'halt',
      async run(context) {
        const { input, services, signal } = context;
        // The guest does not wait for it.
        if (input.reboot) await mergeLayers(services, input.captures, signal);
        return haltStep.run(context);
      },
      undo: haltStep.undo,
    },
    {
      name: 'pivot',
      run: ({ input, services, signal }) => pivot(services, input.captures, signal),
      undo: ({ input, services }) => undoPivot(services, input.captures),
    },
    { name: 'restart', ...restartStep() },
    {
      name: 'upload',
      async run({ input, services, signal }) {
        const uploaded: UploadOutput[] = [];
        for (const capture of input.captures) {
          const output = await upload(services, capture, signal);
          if (output) uploaded.push(output);
        }
        return uploaded;
      },
    },
    {
      name: 'rebase',
      async run({ outputs, services }) {
        for (const uploaded of outputs.upload) await rebase(services, uploaded);
        return null;
      },
    },
    { name: 'publish', run: publish },
  ],
  async failed({ input, services }, reason) {
    const now = services.clock.now();
    await services.catalog.write(async (transaction) => {
      await failSnapshots(transaction, input.captures, reason, now);
      const image = await transaction.images.get(input.imageId);
      if (image?.state !== 'pending') return;
      await transaction.images.update({
        ...image,
        state: 'failed',
        stateReason: failureReason(reason),
      });
      await endBackup(transaction, imagePointArn(image), now, reason.message);
    });
    await deleteVolumes(services, volumeIdsOf(input.captures));
  },
});

async function publish({
  task,
  input,
  outputs,
  services,
}: StepContext<CreateImageInput, Outputs>): Promise<null> {
  const { catalog, clock, masterKey } = services;
  const now = clock.now();
  const { halt, pivot: cut } = outputs;
  const consistency = consistencyTags(halt.clean ? 'application' : consistencyOfCut(cut));
  const tags = {
    ...captureTags(outputs, now.getTime() - Date.parse(task.createdAt)),
    ...consistency,
  };
  await catalog.write(async (transaction) => {
    await completeSnapshots(transaction, outputs.upload, now, consistency);
    const image = await transaction.images.get(input.imageId);
    // Deregistered meanwhile: the snapshots stay, as EC2's do.
    if (image?.state !== 'pending') return;
    const available = await transaction.images.update({
      ...image,
      state: 'available',
      tags: { ...image.tags, ...tags },
    });
    await recordManifest(transaction, available, { masterKey, now });
    await endBackup(transaction, imagePointArn(available), now);
  });
  await deleteVolumes(services, volumeIdsOf(input.captures));
  return null;
}

/** Shown like any tag; users cannot set the prefix, and Terraform takes no notice of it. */
function captureTags(outputs: Outputs, captureMs: number): Tags {
  const { pauseMs, hooksMs } = outputs.pivot;
  const sum = (member: 'storedBytes' | 'sharedBytes') =>
    String(outputs.upload.reduce((total, each) => total + each[member], 0));
  return {
    // Of a guest that was rebooted a pause would say nothing.
    ...(!outputs.halt.restart && {
      'aws:imago:guest-pause-ms': String(Math.ceil(pauseMs)),
      ...(hooksMs !== undefined && { 'aws:imago:guest-hooks-ms': String(Math.ceil(hooksMs)) }),
    }),
    'aws:imago:capture-ms': String(captureMs),
    'aws:imago:bytes-stored': sum('storedBytes'),
    'aws:imago:bytes-shared': sum('sharedBytes'),
  };
}

function failureReason({ code, message }: StateReason): StateReason {
  return {
    code,
    message: `${message} The instance and its volumes are as they were; deregister this image and create it again.`,
  };
}
