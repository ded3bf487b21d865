/** Asking again until there is an answer: for states that the API only tells when asked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from './command-error.ts';

export interface PollOptions {
  everyMs: number;
  timeoutMs: number;
  /** What is waited for, to be said when it does not come. */
  what: string;
  signal?: AbortSignal;
}

export async function poll<T>(options: PollOptions, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) {
      throw new CommandError(
        `Waited ${Math.round(options.timeoutMs / 1000)} s for ${options.what}, in vain.`,
        'The log of Imago may say why; `imago doctor` checks this machine.',
      );
    }
    await sleep(options.everyMs, undefined, { signal: options.signal });
  }
}
