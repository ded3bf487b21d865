/**
 * Runs one phase of a component on a machine. How far it is stands in `Progress`, which is told
 * before and after everything that it does, so that whoever keeps it can go on from there after
 * having died: a command that was under way is asked for by the same name again.
 *
 *   step: `if` once -> each iteration of its loop -> attempts -> its commands, one by one
 *
 * A command that ends with 194, or whose machine came up anew meanwhile, is run again from its
 * beginning, as AWS's runner does.
 */
import {
  type Action,
  actions,
  type CommandAction,
  isCommandAction,
  type Work,
  workOf,
} from './actions.ts';
import { type Ask, type Condition, holds } from './conditions.ts';
import { type ComponentDocument, type Phase, phaseOf, type Step } from './document.ts';
import { type CommandOutcome, type GuestShell, type Halt, rebootExitCode } from './guest-shell.ts';
import { iterationsOf } from './loop.ts';
import { type NestedRun, nestedRuns } from './nested-runs.ts';
import { readDocument } from './read-document.ts';
import { resolve, resolveAll, type Scope, UnresolvedReference } from './references.ts';
import { checkParameters, ParameterError, referredOutputs, scopeOf } from './scope.ts';
import { DocumentError } from './yaml-tree.ts';

/** A step that asks for more has gone wrong. */
const rebootsMax = 16;
/** Of documents that run documents. */
const nestingMax = 4;
/** Of an output that others refer to. */
const outputMaxChars = 64 * 1024;
/** Of what is asked of the machine between commands. */
const questionSeconds = 60;

/** JSON. */
export interface Progress {
  /** How many steps of the phase are done. */
  step: number;
  /** Its `if` has been evaluated, and it is to run. */
  entered?: true;
  iteration: number;
  /** From 1. */
  attempt: number;
  /** How many commands of this attempt are done. */
  command: number;
  /** Of this step. */
  reboots: number;
  /** A reboot was asked for, and has not been seen to be over. */
  rebooting?: true;
  /** Of that reboot: the machine is at rest, or up again. */
  halted?: Halt;
  /** Of steps to which others refer, in all phases so far. */
  outputs: Record<string, string>;
  /** Of a document that a step runs. */
  nested?: Progress;
  /** Names of steps that failed where that does not end the phase. */
  failed: string[];
}

export interface PhaseRun {
  document: ComponentDocument;
  phase: string;
  /** By name; those that are left out have their default. */
  parameters: Readonly<Record<string, string>>;
  /** What its commands' names begin with; of one machine no other run has it. */
  id: string;
  shell: GuestShell;
  /** The text of a component that ExecuteDocument names by its ARN; undefined: there is none. */
  documentOf: (arn: string) => Promise<string | undefined>;
  /** How many documents run this one. */
  depth?: number;
  /** Of lines. */
  log: (line: string) => void;
  /** Of what commands write, as it comes. */
  output: (text: string) => void;
  save: (progress: Progress) => Promise<void>;
}

export class ComponentFailed extends Error {
  override name = 'ComponentFailed';
}

const beginning = { iteration: 0, attempt: 1, command: 0, reboots: 0 };

export function initialProgress(outputs: Record<string, string> = {}): Progress {
  return { step: 0, ...beginning, outputs, failed: [] };
}

/** Resolves with the outputs for the phases that follow; throws ComponentFailed. */
export async function runPhase(run: PhaseRun, from: Progress): Promise<Progress> {
  const phase = phaseOf(run.document, run.phase);
  if (!phase) return from;
  const runner = new PhaseRunner(run, phase, from);
  return runner.run();
}

type StepResult = 'done' | { failed: string };

class PhaseRunner {
  readonly #run: PhaseRun;
  readonly #phase: Phase;
  readonly #referred: ReadonlySet<string>;
  #progress: Progress;

  constructor(run: PhaseRun, phase: Phase, progress: Progress) {
    this.#run = run;
    this.#phase = phase;
    this.#progress = progress;
    this.#referred = referredOutputs(run.document);
  }

  async run(): Promise<Progress> {
    const { steps } = this.#phase;
    for (let step = steps[this.#progress.step]; step; step = steps[this.#progress.step]) {
      const result = await this.#step(step).catch(asFailure);
      if (result !== 'done') this.#failed(step, result.failed);
      const { entered: _, ...before } = this.#progress;
      await this.#save({ ...before, ...beginning, step: before.step + 1 });
    }
    const { failed } = this.#progress;
    if (failed.length > 0) throw new ComponentFailed(`steps failed: ${failed.join(', ')}`);
    return this.#progress;
  }

  #failed(step: Step, why: string): void {
    const { log } = this.#run;
    log(`Step ${step.name} failed: ${why}`);
    if (step.onFailure === 'Abort') {
      throw new ComponentFailed(`step ${step.name} of phase ${this.#phase.name} failed: ${why}`);
    }
    if (step.onFailure === 'Ignore') return;
    this.#progress = { ...this.#progress, failed: [...this.#progress.failed, step.name] };
  }

  async #step(step: Step): Promise<StepResult> {
    const { log } = this.#run;
    if (!this.#progress.entered) {
      const decision = step.if ? await this.#decide(step, step.if) : 'Execute';
      if (decision === 'Skip') log(`Step ${step.name} is skipped: so its condition says`);
      if (decision === 'Skip') return 'done';
      if (decision === 'Abort') return { failed: 'its condition says so' };
      log(`Step ${step.name} (${step.action})`);
      await this.#save({ ...this.#progress, entered: true });
    }
    const iterations = step.loop ? iterationsOf(step.loop, this.#scope(step)) : [undefined];
    while (this.#progress.iteration < iterations.length) {
      const { iteration } = this.#progress;
      const result = await this.#attempts(step, iterations[iteration]);
      if (result !== 'done') return result;
      await this.#save({ ...this.#progress, ...beginning, iteration: iteration + 1 });
    }
    return 'done';
  }

  async #attempts(step: Step, value: string | undefined): Promise<StepResult> {
    for (;;) {
      const result = await this.#once(step, value).catch(asFailure);
      const { attempt } = this.#progress;
      if (result === 'done' || attempt >= step.maxAttempts) return result;
      this.#run.log(`Attempt ${attempt} of ${step.maxAttempts} failed: ${result.failed}`);
      await this.#save({ ...this.#progress, attempt: attempt + 1, command: 0 });
    }
  }

  async #once(step: Step, value: string | undefined): Promise<StepResult> {
    const scope = this.#scope(step, value);
    if (step.action === 'ExecuteDocument') {
      return this.#documents(nestedRuns(resolveAll(step.inputs, scope), this.#phase.name));
    }
    if (step.action === 'Reboot') return this.#rebootStep(resolveAll(step.inputs, scope));
    if (!isCommandAction(step.action)) {
      if (step.assertion && (await this.#holds(step.assertion, scope))) return 'done';
      return { failed: 'what it asserts is not so' };
    }
    const works = workOf(step.action, resolveAll(step.inputs, scope));
    while (this.#progress.command < works.length) {
      const { command } = this.#progress;
      const result = await this.#command(step, step.action, works[command] as Work);
      if (typeof result !== 'string') return result;
      const outputs = this.#withOutput(step, step.action, result);
      await this.#save({ ...this.#progress, outputs, command: command + 1 });
    }
    return 'done';
  }

  /** One after the other; of the one that is under way its own progress is kept. */
  async #documents(runs: NestedRun[]): Promise<StepResult> {
    const { depth = 0, log } = this.#run;
    if (depth >= nestingMax) return { failed: 'documents are too deep in each other' };
    while (this.#progress.command < runs.length) {
      const { command, nested = initialProgress() } = this.#progress;
      const next = runs[command] as NestedRun;
      log(`Phase ${next.phase} of ${next.name}`);
      try {
        const document = await this.#document(next);
        if (!phaseOf(document, next.phase)) {
          throw new ComponentFailed(`it has no phase ${next.phase}`);
        }
        checkParameters(document, next.parameters);
        const save = (progress: Progress) => this.#save({ ...this.#progress, nested: progress });
        const id = `${this.#commandId()}-in`;
        await runPhase({ ...this.#run, ...next, document, id, save, depth: depth + 1 }, nested);
      } catch (error) {
        if (!isOfDocument(error)) throw error;
        const { nested: _, ...before } = this.#progress;
        this.#progress = before;
        return { failed: `${next.name}: ${error.message}` };
      }
      const { nested: _, ...before } = this.#progress;
      await this.#save({ ...before, command: command + 1 });
    }
    return 'done';
  }

  async #document({ name }: NestedRun): Promise<ComponentDocument> {
    if (name.startsWith('arn:')) {
      const text = await this.#run.documentOf(name);
      if (text === undefined) throw new ComponentFailed('there is no such component');
      return readDocument(text);
    }
    const id = `${this.#commandId()}-read`;
    const argv = ['cat', name];
    const outcome = await this.#run.shell.run({ id, argv, timeoutSeconds: questionSeconds });
    if (outcome.kind === 'ended' && outcome.exitCode === 0) return readDocument(outcome.stdout);
    throw new ComponentFailed('there is no such file');
  }

  /** Answers its standard output. */
  async #command(
    step: Step,
    name: CommandAction,
    work: Work,
  ): Promise<string | { failed: string }> {
    const { log, output, shell } = this.#run;
    const action: Action = actions[name];
    const isQuiet = action.quietUnless !== undefined && !isTrue(step, action.quietUnless);
    for (;;) {
      await this.#overReboot();
      const outcome = await shell.run({
        ...work,
        id: this.#commandId(),
        ...(step.timeoutSeconds > 0 && { timeoutSeconds: step.timeoutSeconds }),
        ...(!isQuiet && { onOutput: output }),
      });
      const asked =
        outcome.kind === 'ended' && outcome.exitCode === rebootExitCode && action.mayReboot;
      if (!asked && outcome.kind !== 'rebooted') return judged(step, outcome);
      const reboots = this.#progress.reboots + 1;
      if (reboots > rebootsMax) return { failed: `the machine was rebooted ${rebootsMax} times` };
      log(asked ? 'The step asks for a reboot' : 'The machine was rebooted meanwhile');
      await this.#save({ ...this.#progress, reboots, ...(asked && { rebooting: true }) });
    }
  }

  async #rebootStep(inputs: unknown): Promise<StepResult> {
    const { delaySeconds = '0' } = (inputs || {}) as { delaySeconds?: string };
    if (this.#progress.reboots === 0) {
      if (Number(delaySeconds) > 0) await this.#ask(['sleep', delaySeconds], Number(delaySeconds));
      await this.#save({ ...this.#progress, reboots: 1, rebooting: true });
    }
    await this.#overReboot();
    return 'done';
  }

  async #overReboot(): Promise<void> {
    if (!this.#progress.rebooting) return;
    this.#run.log('Rebooting');
    const { shell } = this.#run;
    const { halted = await shell.halt() } = this.#progress;
    // Who dies from here on does not halt once more a machine that boots.
    if (!this.#progress.halted) await this.#save({ ...this.#progress, halted });
    await shell.restart(halted);
    const { rebooting: _, halted: __, ...over } = this.#progress;
    await this.#save(over);
  }

  async #decide(step: Step, { condition, ...decisions }: NonNullable<Step['if']>) {
    const isSo = await this.#holds(condition, this.#scope(step));
    return isSo ? decisions.ifSo : decisions.ifNot;
  }

  #holds(condition: Condition, scope: Scope): Promise<boolean> {
    const ask: Ask = (argv) => this.#ask(argv);
    return holds(condition, (text) => resolve(text, scope), ask);
  }

  #questions = 0;

  /** Nothing is changed by a question, so that each time it may be asked anew. */
  async #ask(argv: readonly string[], seconds = 0): Promise<boolean> {
    for (let tries = 0; tries < rebootsMax; tries++) {
      this.#questions += 1;
      const id = `${this.#commandId()}-q${this.#questions}-${tries}`;
      const timeoutSeconds = questionSeconds + seconds;
      const outcome = await this.#run.shell.run({ id, argv, timeoutSeconds });
      if (outcome.kind !== 'rebooted') return outcome.kind === 'ended' && outcome.exitCode === 0;
    }
    return false;
  }

  #commandId(): string {
    const { step, iteration, attempt, command, reboots } = this.#progress;
    const numbers = [step, iteration, attempt, command, reboots];
    const phase = this.#phase.name.replaceAll('_', '-');
    return `${this.#run.id}-${phase}-${numbers.join('-')}`;
  }

  #scope(step: Step, value?: string): Scope {
    const { document, parameters } = this.#run;
    const { name } = step.loop ?? {};
    const { iteration: index, outputs } = this.#progress;
    const scope = scopeOf(document, parameters, outputs);
    return value === undefined ? scope : { ...scope, loop: { name, index, value } };
  }

  #withOutput(step: Step, name: CommandAction, stdout: string): Record<string, string> {
    const { outputs, iteration } = this.#progress;
    const { output }: Action = actions[name];
    const key = `${this.#phase.name}.${step.name}`;
    if (output === undefined || !this.#referred.has(key)) return outputs;
    const place = step.loop ? `${key}[${iteration}]` : key;
    const text = stdout.replace(/\n$/, '');
    if (text.length > outputMaxChars) throw new UnresolvedReference('its output is too long');
    return { ...outputs, [`${place}.${output}`]: text };
  }

  async #save(progress: Progress): Promise<void> {
    this.#progress = progress;
    await this.#run.save(progress);
  }
}

function isOfDocument(error: unknown): error is Error {
  return (
    error instanceof ComponentFailed ||
    error instanceof DocumentError ||
    error instanceof ParameterError
  );
}

function judged(step: Step, outcome: CommandOutcome): string | { failed: string } {
  switch (outcome.kind) {
    case 'ended':
      return outcome.exitCode === 0 ? outcome.stdout : { failed: told(outcome) };
    case 'late':
      return { failed: `it took more than ${step.timeoutSeconds} s` };
    case 'too-much':
      return { failed: 'it wrote more than is kept' };
    default:
      return { failed: 'the machine was rebooted' };
  }
}

const toldMaxChars = 300;

function told({ exitCode, lastError }: { exitCode: number; lastError?: string }): string {
  return lastError
    ? `exit code ${exitCode}: ${lastError.slice(0, toldMaxChars)}`
    : `exit code ${exitCode}`;
}

/** A reference without a value fails its step as a command does that fails. */
function asFailure(error: unknown): { failed: string } {
  if (error instanceof UnresolvedReference) return { failed: error.message };
  throw error;
}

function isTrue({ inputs }: Step, name: string): boolean {
  const [first = {}] = Array.isArray(inputs) ? inputs : [inputs];
  const members = first as Record<string, unknown>;
  return String(members[name] ?? '').toLowerCase() === 'true';
}
