/**
 * An error that a person can act on: one sentence, and what to do next. Anything else that is
 * thrown is a defect.
 */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly advice: string | undefined;
  /** 1: it did not work; 2: it was asked for wrongly. */
  readonly exitCode: 1 | 2;
  constructor(message: string, advice?: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.advice = advice;
    this.exitCode = exitCode;
  }
}
