/**
 * A drill: a backup is booted without a cable to anybody, looked into by its agent, and judged;
 * then its machine is gone. That it does not come up, or is not as it should be, is a verdict, and
 * no failure of the task.
 *
 *   find                whether anything boots on it: on a snapshot of data nothing does
 *   read                digests of files that are to be compared, from the backup's own disks
 *   launch              a machine of the backup: its disks are read through, none is copied
 *   boot, check         until it is ready, and the checks of the plan one by one, beside which its SSH
 *                       server has time to answer, and a moment at least; a disk of data is read from
 *                       its first block to its last, and its file systems wholly
 *   keep                of one that did not pass: screen and console; of one that has no verdict the
 *                       undo of its launch does so
 *   remove, conclude    nothing is left but the row, which has the verdict
 *   alert               whoever is to be told of one that did not pass
 */

import type { DrillCheck, DrillRow } from '../catalog/rows/drill.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import {
  concludeDrill,
  type DrillEnd,
  type DrillInput,
  tellTime,
} from '../domain/drills/drills.ts';
import type { Clock } from '../domain/identity.ts';
import { alertOf } from './drill/alert.ts';
import { awaitReady } from './drill/await-ready.ts';
import { launchForDrill, type Machine, removeMachine } from './drill/drill-machine.ts';
import { keepEvidence } from './drill/evidence.ts';
import { type Found, findSystem } from './drill/find-system.ts';
import { lookAtDisk } from './drill/look-at-disk.ts';
import { comparisons } from './drill/recorded-digests.ts';
import { requiredDrill } from './drill/required-drill.ts';
import { runChecks } from './drill/run-checks.ts';
import { SshWatch } from './drill/ssh-watch.ts';
import { defineTask, type StepContext } from './task.ts';

/** A guest that has an SSH server begins it about when its agent answers. */
const sshAfterReadyMs = 5000;

/** Null: nothing speaks against the backup so far. */
type Objection = string | null;

interface Outputs {
  find: Found;
  read: DrillCheck[];
  /** Null: nothing is booted. */
  launch: Machine | null;
  boot: Objection;
  check: Objection;
  keep: null;
  remove: null;
  conclude: null;
  alert: null;
}

type UndoContext = StepContext<DrillInput, Partial<Outputs>>;

export const drill = defineTask<DrillInput, Outputs>({
  kind: 'drill',
  steps: [
    {
      name: 'find',
      run: async (context) => findSystem(context, await requiredDrill(context)),
    },
    {
      name: 'read',
      run: async (context) =>
        comparisons(context, await requiredDrill(context), context.outputs.find),
    },
    {
      name: 'launch',
      async run(context) {
        const { boots, system } = context.outputs.find;
        if (!boots) return null;
        const machine = await launchForDrill(context, await requiredDrill(context), system);
        await noteTime(context, 'runningAt');
        return machine;
      },
      async undo(context) {
        const machine = launched(context);
        if (machine && !isStopped(context.task.error)) await keepEvidence(context, machine);
        await removeMachine(context, machine);
      },
    },
    {
      name: 'boot',
      async run(context) {
        const { launch } = context.outputs;
        if (!launch) return null;
        const row = await requiredDrill(context);
        await using ssh = new SshWatch(context, row, launch);
        const objection = await awaitReady(context, row, launch, ssh);
        if (objection !== null) return objection;
        await noteTime(context, 'readyAt');
        return null;
      },
    },
    {
      name: 'check',
      async run(context) {
        if (context.outputs.boot !== null) return null;
        const row = await requiredDrill(context);
        const { launch, read } = context.outputs;
        const checks = [...row.plan.checks, ...read];
        await using ssh = launch && new SshWatch(context, row, launch);
        const objection = launch
          ? await runChecks(context, row, launch, checks)
          : await lookAtDisk(context, row, checks);
        await noteTime(context, 'checkedAt');
        await ssh?.within(sshLeftMs(row, context.services.clock), context.signal);
        return objection;
      },
    },
    {
      name: 'keep',
      async run(context) {
        const { boot, check, launch } = context.outputs;
        if (launch && (boot ?? check) !== null) await keepEvidence(context, launch);
        return null;
      },
    },
    {
      name: 'remove',
      async run(context) {
        await removeMachine(context, context.outputs.launch ?? undefined);
        return null;
      },
    },
    {
      name: 'conclude',
      async run(context) {
        const { boot, check } = context.outputs;
        const reason = boot ?? check;
        await conclude(
          context,
          reason === null ? { state: 'passed' } : { state: 'failed', reason },
        );
        return null;
      },
    },
    {
      name: 'alert',
      async run(context) {
        await alertOf(context, context.input.drillId);
        return null;
      },
    },
  ],
  async failed(context, { code, message }) {
    // An undo may have been given up.
    await removeMachine(context, launched(context));
    const isError = !isStopped({ code });
    await conclude(context, isError ? { state: 'error', reason: message } : { state: 'stopped' });
    if (isError) await alertOf(context, context.input.drillId);
  },
});

function isStopped(reason: Pick<StateReason, 'code'> | undefined): boolean {
  return reason?.code === 'Client.UserInitiated';
}

/** It is in the checkpoint until the step is done; no other step has one. */
function launched({ task, outputs }: UndoContext): Machine | undefined {
  return outputs.launch ?? (task.checkpoint as Machine | undefined);
}

/** However the clock was set meanwhile. */
function sshLeftMs({ readyAt }: DrillRow, clock: Clock): number {
  const passedMs = readyAt === undefined ? 0 : clock.now().getTime() - Date.parse(readyAt);
  return Math.min(Math.max(sshAfterReadyMs - passedMs, 0), sshAfterReadyMs);
}

async function noteTime(
  { input, services }: Pick<UndoContext, 'input' | 'services'>,
  name: 'runningAt' | 'readyAt' | 'checkedAt',
): Promise<void> {
  const now = services.clock.now();
  await services.catalog.write((transaction) => tellTime(transaction, input.drillId, name, now));
}

async function conclude(
  { input, services }: Pick<UndoContext, 'input' | 'services'>,
  end: Omit<DrillEnd, 'endedAt'>,
): Promise<void> {
  const endedAt = services.clock.now().toISOString();
  await services.catalog.write((transaction) =>
    concludeDrill(transaction, input.drillId, { ...end, endedAt }),
  );
}
