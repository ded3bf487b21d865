/**
 * Looks again and again, while the guest of a drill boots and is checked, whether its SSH server
 * answers; when it does is in the drill's row at once. That it does not is no failure of anything
 * here: nobody says that a machine has one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import { tellTime } from '../../domain/drills/drills.ts';
import type { RunContext, TaskServices } from '../task.ts';
import type { Machine } from './drill-machine.ts';

const pollMs = 250;

export class SshWatch implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #done: Promise<void>;
  #hasAnswered: boolean;

  constructor({ services }: RunContext, { id, sshAt }: DrillRow, { instanceId }: Machine) {
    this.#hasAnswered = sshAt !== undefined;
    const done = this.#hasAnswered ? undefined : this.#watch(services, id, instanceId);
    this.#done = Promise.resolve(done).catch((error) => {
      if (!this.#ended.signal.aborted) services.log.warn('SSH is not looked for', { id, error });
    });
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Resolves when it has answered, or after so long. */
  async within(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const late = delay(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) });
    await Promise.race([this.#done, late]).finally(() => over.abort());
    signal.throwIfAborted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#done;
  }

  async #watch({ host, clock, catalog }: TaskServices, drillId: string, instanceId: string) {
    const { signal } = this.#ended;
    const ended = new Promise<false>((resolve) => {
      signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    for (;;) {
      const asked = host.answersSsh(instanceId).catch(() => false);
      const answers = await Promise.race([asked, ended]);
      signal.throwIfAborted();
      if (answers) break;
      await delay(pollMs, undefined, { signal });
    }
    await catalog.write((transaction) => tellTime(transaction, drillId, 'sshAt', clock.now()));
    this.#hasAnswered = true;
  }
}
