/**
 * What one client writes and all may read. The writer knows what is there; whoever reads beside a
 * write is told what was before or what is after it, but never again what was before something
 * that anybody was told already.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

export class Known<State> {
  readonly #states: State[];
  /** The newest that everybody has to see from now on. */
  #settled = 0;

  constructor(first: State) {
    this.#states = [first];
  }

  /** For its writer, and for all when nobody writes. */
  get now(): State {
    return this.#states.at(-1) as State;
  }

  async write<T>(next: State, send: () => Promise<T>): Promise<T> {
    this.#states.push(next);
    const answer = await send();
    this.#settled = this.#states.length - 1;
    return answer;
  }

  /** Call it before asking; what it answers takes what was told, and how a state is told. */
  reading(): (what: string, told: unknown, tells: (state: State) => unknown) => void {
    const since = this.#settled;
    return (what, told, tells) => {
      const possible = this.#states.slice(since).map(tells);
      const seen = possible.findIndex((each) => isDeepStrictEqual(each, told));
      if (seen === -1)
        assert.deepEqual(
          told,
          possible.at(-1),
          `${what}: none of ${possible.length} states that there were`,
        );
      this.#settled = Math.max(this.#settled, since + seen);
    };
  }
}
