/**
 * The checks of a drill, one after the other, each by a command in its guest, in the order of the
 * plan. What came of each is in the row before the next begins, so that after a restart it goes on
 * with the one that was under way; a command has a name and runs once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillCheck, DrillCheckResult, DrillRow } from '../../catalog/rows/drill.ts';
import type { CommandOutcome } from '../../components/guest-shell.ts';
import { changeDrill } from '../../domain/drills/drills.ts';
import { MachineShell } from '../recipe-build/machine-shell.ts';
import { type RunContext, TaskFailure } from '../task.ts';
import { endOf } from './await-ready.ts';
import { commandOf, judge } from './check-commands.ts';
import type { Machine } from './drill-machine.ts';

const retryMs = 500;
const outputKeptChars = 4000;
/** An agent that was there and is silent for so long does not come back. */
const silenceMaxMs = 120_000;

/** Answers what speaks against the image, in a sentence. */
export async function runChecks(
  context: RunContext,
  drill: DrillRow,
  { instanceId }: Machine,
  checks: readonly DrillCheck[],
): Promise<string | null> {
  const { services } = context;
  const shell = new MachineShell(context, { instanceId, folder: '/tmp', silenceMaxMs });
  const results = [...drill.results];
  for (let index = results.length; index < checks.length; index++) {
    const check = checks[index] as DrillCheck;
    const id = `${context.task.id}-${index}`;
    const result = await outcomeOf(context, instanceId, () => tried(context, shell, check, id));
    if (typeof result === 'string') return result;
    results.push(result);
    await services.catalog.write((transaction) =>
      changeDrill(transaction, drill.id, (row) => ({ ...row, results })),
    );
  }
  checkIsJudged(checks, results);
  return objectionOf(results);
}

/** Files that a journal may have made others speak neither for a backup nor against it. */
function checkIsJudged(checks: readonly DrillCheck[], results: readonly DrillCheckResult[]): void {
  const failed = results.flatMap((result, index) => (result.passed ? [] : { result, index }));
  const [first] = failed;
  if (!first || failed.some(({ index }) => !checks[index]?.inUse)) return;
  const { name, reason } = first.result;
  const code = 'Client.UnreadableContents';
  throw new TaskFailure(
    code,
    `${code}: The backup cannot be judged: ${name}: ${reason}. It was in use, and its journal may have made it another.`,
  );
}

export function objectionOf(results: readonly DrillCheckResult[]): string | null {
  const failed = results.filter(({ passed }) => !passed);
  const [first] = failed;
  if (!first) return null;
  const count = `${failed.length} of ${results.length} checks failed`;
  return `${count}; the first is ${first.name}: ${first.reason}`;
}

/** A guest that goes down or falls silent meanwhile is not as it should be. */
async function outcomeOf(
  { services }: RunContext,
  instanceId: string,
  ask: () => Promise<DrillCheckResult>,
): Promise<DrillCheckResult | string> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    return (await endOf(services, instanceId)) ?? 'The agent in the guest fell silent.';
  }
}

/** Until it holds, or its time is over. */
async function tried(
  { services, signal }: RunContext,
  shell: MachineShell,
  check: DrillCheck,
  id: string,
): Promise<DrillCheckResult> {
  const { clock } = services;
  const sinceMs = clock.monotonicMs();
  const passedMs = () => clock.monotonicMs() - sinceMs;
  for (let attempt = 0; ; attempt++) {
    let output = '';
    const outcome = await shell.run({
      id: `${id}-${attempt}`,
      ...commandOf(check),
      timeoutSeconds: check.timeoutSeconds,
      onOutput: (text) => {
        output = (output + text).slice(-outputKeptChars);
      },
    });
    const reason = judge(check, outcome);
    if (reason === undefined || passedMs() + retryMs > check.withinSeconds * 1000) {
      return resultOf(check, outcome, { reason, output, milliseconds: Math.round(passedMs()) });
    }
    await delay(retryMs, undefined, { signal });
  }
}

function resultOf(
  { name, kind }: DrillCheck,
  outcome: CommandOutcome,
  { reason, output, milliseconds }: { reason?: string; output: string; milliseconds: number },
): DrillCheckResult {
  return {
    name,
    kind,
    passed: reason === undefined,
    ...(reason !== undefined && { reason }),
    ...(outcome.kind === 'ended' && { exitCode: outcome.exitCode }),
    output,
    milliseconds,
  };
}
