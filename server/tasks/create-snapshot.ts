/**
 * CreateSnapshot, CreateSnapshots: one volume, or several of an instance, as they are at one point
 * in time; the guest that may be using them runs on. The steps are capture-steps.ts's; around the
 * cut are the scripts of a backup policy, where it has some (backup-scripts.ts).
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { consistencyTags } from '../domain/consistency.ts';
import {
  type CaptureScripts,
  type VolumeCapture,
  type VolumeCaptures,
  volumeIdsOf,
} from '../domain/order-capture.ts';
import { deleteVolumes } from '../driver/delete-volumes.ts';
import {
  preScriptFailed,
  runPostScript,
  runPreScript,
  type ScriptOutput,
  undoPreScript,
} from './backup-scripts.ts';
import { rebase, type UploadOutput, upload } from './capture-steps.ts';
import { mergeLayers } from './merge-layers.ts';
import { consistencyOfCut, type PivotOutput, pivot, undoPivot } from './pivot-step.ts';
import { completeSnapshots, failSnapshots } from './snapshot-rows.ts';
import { defineTask } from './task.ts';

type Input = VolumeCapture | VolumeCaptures;

interface Outputs {
  pre: ScriptOutput;
  pivot: PivotOutput;
  post: ScriptOutput;
  /** Without those that were deleted while they were pending: null where that was all. */
  upload: UploadOutput | UploadOutput[] | null;
  rebase: null;
  publish: null;
}

export const createSnapshot = defineTask<Input, Outputs>({
  kind: 'create-snapshot',
  steps: [
    {
      name: 'pre',
      async run(context) {
        const { input, services, signal } = context;
        const scripts = scriptsOf(input);
        if (!scripts) return null;
        // Nobody is to wait for it between the script and the cut.
        await mergeLayers(services, capturesOf(input), signal);
        return runPreScript(context, capturesOf(input), scripts);
      },
      async undo(context) {
        const { input, outputs } = context;
        const scripts = scriptsOf(input);
        if (!scripts || outputs.post !== undefined) return;
        await undoPreScript(context, scripts, outputs.pre);
      },
    },
    {
      name: 'pivot',
      run: ({ input, services, signal }) => pivot(services, capturesOf(input), signal),
      undo: ({ input, services }) => undoPivot(services, capturesOf(input)),
    },
    {
      name: 'post',
      async run(context) {
        const { input, outputs } = context;
        const scripts = scriptsOf(input);
        if (!scripts) return null;
        return runPostScript(context, capturesOf(input), scripts, outputs.pre);
      },
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
        // Its policy relies on the script, whatever the guest's agent has done.
        const cut = consistencyOfCut(outputs.pivot);
        const tags = consistencyTags(outputs.pre === 'FAILED' ? 'crash' : cut);
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
    await services.catalog.write(async (transaction) => {
      if (reason.code === preScriptFailed) await leaveOut(transaction, captures);
      else await failSnapshots(transaction, captures, reason, now);
    });
    await deleteVolumes(services, volumeIdsOf(captures));
  },
});

function scriptsOf(input: Input): CaptureScripts | undefined {
  return 'captures' in input ? input.scripts : undefined;
}

/** Its policy wants none rather than one whose first script failed. */
async function leaveOut(
  { snapshots }: CatalogTransaction,
  captures: readonly VolumeCapture[],
): Promise<void> {
  for (const { snapshotId } of captures) {
    const row = await snapshots.get(snapshotId);
    if (row?.state === 'pending') await snapshots.delete(snapshotId);
  }
}

function capturesOf(input: Input): VolumeCapture[] {
  return 'captures' in input ? input.captures : [input];
}

/** A task that an older Imago began has one, or none. */
function uploadsOf({ upload }: Pick<Outputs, 'upload'>): UploadOutput[] {
  return [upload].flat().filter((each) => each !== null);
}
