/**
 * Scripts of a backup policy in the guest: one before the cut, and one as soon as it is made. A
 * command has a name and runs once, so that after kill -9 a stage goes on with the attempt that was
 * under way. What a script does is bounded by its time, and so is a guest that does not answer.
 *
 * The later one is owed to a guest of which the earlier one succeeded, or may have: whatever becomes
 * of the capture, it is run, or its undo runs it. As with AWS it is not run where the earlier one
 * has failed. Of a document's steps those after one that failed are not run, which SSM would do:
 * nothing should be frozen for which nobody will come back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandOutcome } from '../components/guest-shell.ts';
import { DocumentError } from '../components/yaml-tree.ts';
import { tellOfPolicy } from '../domain/backups/policies.ts';
import { commandsOf, type ScriptStage } from '../domain/backups/scripts.ts';
import type { CaptureScripts, VolumeCapture } from '../domain/order-capture.ts';
import { MachineShell } from './recipe-build/machine-shell.ts';
import { type RunContext, TaskFailure, type TaskServices } from './task.ts';

/** Null: there is none, or it is not run. */
export type ScriptOutput = 'SUCCESS' | 'FAILED' | null;

/** Of captures that were given up, as their policy says, since their first script failed. */
export const preScriptFailed = 'Client.PreScriptFailed';

const retryMs = 200;

/** What is known of the first script while its step goes on. */
interface Checkpoint {
  preScript: 'begun' | 'failed';
}

export async function runPreScript(
  context: RunContext,
  captures: readonly VolumeCapture[],
  scripts: CaptureScripts,
): Promise<ScriptOutput> {
  if (!scripts.pre) return null;
  await note(context, { preScript: 'begun' });
  const failure = await runStage(context, scripts, 'pre');
  if (failure !== undefined) {
    await note(context, { preScript: 'failed' });
    await tellPolicy(context.services, scripts, `the pre script failed: ${failure}`);
    if (scripts.isNeeded) {
      throw new TaskFailure(
        preScriptFailed,
        `${preScriptFailed}: The pre script failed: ${failure}.`,
      );
    }
  }
  return tagged(context.services, captures, 'pre', failure);
}

export async function runPostScript(
  context: RunContext,
  captures: readonly VolumeCapture[],
  scripts: CaptureScripts,
  pre: ScriptOutput,
): Promise<ScriptOutput> {
  if (!scripts.post || pre === 'FAILED') return null;
  const failure = await runStage(context, scripts, 'post');
  if (failure !== undefined) {
    await tellPolicy(context.services, scripts, `the post script failed: ${failure}`);
  }
  return tagged(context.services, captures, 'post', failure);
}

/** Of a capture that ends before its second script: a guest of which the first one has run gets it. */
export async function undoPreScript(
  context: RunContext,
  scripts: CaptureScripts,
  pre: ScriptOutput | undefined,
): Promise<void> {
  if (!scripts.pre || !scripts.post) return;
  const { preScript } = (context.task.checkpoint ?? {}) as Partial<Checkpoint>;
  if (pre !== 'SUCCESS' && !(pre === undefined && preScript === 'begun')) return;
  // It may be at work still.
  if (pre === undefined) await endStage(context, scripts, 'pre');
  const failure = await runStage(context, scripts, 'post');
  if (failure === undefined) return;
  await tellPolicy(context.services, scripts, `the post script failed: ${failure}`);
}

/** Why it failed, in the words of its last attempt. */
async function runStage(
  context: RunContext,
  scripts: CaptureScripts,
  stage: ScriptStage,
): Promise<string | undefined> {
  let failure: string | undefined;
  for (let attempt = 0; attempt <= scripts.retries; attempt++) {
    failure = await runAttempt(context, scripts, stage, attempt);
    if (failure === undefined) return undefined;
    const { instanceId } = scripts;
    context.services.log.warn('a script failed', { instanceId, stage, attempt, failure });
  }
  return failure;
}

async function runAttempt(
  context: RunContext,
  scripts: CaptureScripts,
  stage: ScriptStage,
  attempt: number,
): Promise<string | undefined> {
  const { document, executionId, instanceId, timeoutSeconds } = scripts;
  if (document === undefined) return 'its document does not exist';
  const commands = commandsIn(document, stage, executionId);
  if (typeof commands === 'string') return commands;
  const { clock } = context.services;
  const untilMs = clock.monotonicMs() + timeoutSeconds * 1000;
  const late = `it took more than ${timeoutSeconds} s`;
  for (const [index, { argv, input, timeoutSeconds: own }] of commands.entries()) {
    const leftMs = untilMs - clock.monotonicMs();
    if (leftMs <= 0) return late;
    const silenceMaxMs = leftMs;
    const shell = new MachineShell(context, { instanceId, folder: '/tmp', silenceMaxMs });
    const id = commandId(context, stage, attempt, index);
    const limitSeconds = Math.min(own, leftMs / 1000);
    const command = { id, argv, input, timeoutSeconds: limitSeconds };
    const outcome = await asked(context, scripts, untilMs, () => shell.run(command));
    if (typeof outcome === 'string') return outcome;
    if (outcome.kind === 'late') return own < timeoutSeconds ? `it took more than ${own} s` : late;
    if (outcome.kind === 'too-much') return 'it wrote more than is kept';
    if (outcome.kind === 'rebooted') return 'the guest booted anew meanwhile';
    if (outcome.exitCode === 0) continue;
    const why = outcome.lastError === undefined ? '' : `: ${outcome.lastError}`;
    return `exit code ${outcome.exitCode}${why}`;
  }
  return undefined;
}

function commandsIn(document: string, stage: ScriptStage, executionId: string) {
  try {
    return commandsOf(document, stage, executionId);
  } catch (error) {
    if (error instanceof DocumentError) return `its document cannot be run: ${error.message}`;
    throw error;
  }
}

function commandId({ task }: RunContext, stage: ScriptStage, attempt: number, index: number) {
  return `${task.id}-${stage}-${attempt}-${index}`;
}

/** A call that failed may have done its work, and is made again by the same name. */
async function asked(
  { services, signal }: RunContext,
  { instanceId }: CaptureScripts,
  untilMs: number,
  run: () => Promise<CommandOutcome>,
): Promise<CommandOutcome | string> {
  for (;;) {
    const instance = await services.catalog.read(({ instances }) => instances.get(instanceId));
    if (instance?.state !== 'running') return 'the instance is not running';
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TaskFailure || services.clock.monotonicMs() >= untilMs) {
        services.log.warn('a guest does not run a script', { instanceId, error });
        return 'the agent in the guest does not answer';
      }
    }
    await delay(retryMs, undefined, { signal });
  }
}

/** What was begun is not left to itself, as far as the guest answers. */
async function endStage(
  context: RunContext,
  { instanceId, retries }: CaptureScripts,
  stage: ScriptStage,
): Promise<void> {
  const { host, log } = context.services;
  for (let attempt = 0; attempt <= retries; attempt++) {
    const id = commandId(context, stage, attempt, 0);
    await host.endCommand(instanceId, id).catch((error) => {
      log.warn('a script could not be ended', { instanceId, id, error });
    });
  }
}

async function note({ services, task }: RunContext, checkpoint: Checkpoint): Promise<void> {
  await services.catalog.write(async ({ tasks }) => {
    const row = await tasks.get(task.id);
    if (row) await tasks.update({ ...row, checkpoint });
  });
}

/** As AWS does: what a snapshot is worth can be read from its tags. */
async function tagged(
  { catalog }: TaskServices,
  captures: readonly VolumeCapture[],
  stage: ScriptStage,
  failure: string | undefined,
): Promise<ScriptOutput> {
  const outcome = failure === undefined ? 'SUCCESS' : 'FAILED';
  await catalog.write(async ({ snapshots }) => {
    for (const { snapshotId } of captures) {
      const row = await snapshots.get(snapshotId);
      const tags = { ...row?.tags, [`aws:dlm:${stage}-script`]: outcome };
      if (row) await snapshots.update({ ...row, tags });
    }
  });
  return outcome;
}

async function tellPolicy(
  { catalog }: TaskServices,
  { policyId, instanceId }: CaptureScripts,
  message: string,
): Promise<void> {
  await tellOfPolicy(catalog, policyId, `${instanceId}: ${message}.`);
}
