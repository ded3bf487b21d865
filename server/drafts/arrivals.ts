/**
 * Blocks on their way in: a few at a time, so that however many clients send, memory holds few, and
 * the rest waits in their sockets. Who has its turn and sends slowly makes way for the next, and
 * takes another turn when all of it is there.
 */
import { throttled, within } from './in-time.ts';

export interface ArrivalsOptions {
  /** How many have their turn at a time. */
  atOnce: number;
  /** A block that is longer on its way than this makes way. */
  slowMs: number;
}

export class Arrivals {
  readonly #slowMs: number;
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor({ atOnce, slowMs }: ArrivalsOptions) {
    this.#free = atOnce;
    this.#slowMs = slowMs;
  }

  /** `read`, then `use` of what was read, with a turn. Throws where none comes in time. */
  async run<Block, Result>(
    read: () => Promise<Block>,
    use: (block: Block) => Promise<Result>,
  ): Promise<Result> {
    const turn = await this.#turn();
    const slow = setTimeout(() => turn.end(), this.#slowMs);
    let block: Block;
    try {
      block = await read();
    } catch (error) {
      turn.end();
      throw error;
    } finally {
      clearTimeout(slow);
    }
    const second = turn.ended ? await this.#turn() : turn;
    try {
      return await use(block);
    } finally {
      second.end();
    }
  }

  async #turn(): Promise<Turn> {
    if (this.#free > 0) this.#free--;
    else await this.#wait();
    return new Turn(() => this.#next());
  }

  async #wait(): Promise<void> {
    const called = Promise.withResolvers<true>();
    const call = () => called.resolve(true);
    this.#waiting.add(call);
    const isCalled = await within<boolean>(called.promise, () => {
      this.#waiting.delete(call);
      return false;
    });
    if (!isCalled) throw throttled();
  }

  #next(): void {
    const [call] = this.#waiting;
    if (!call) this.#free++;
    else {
      this.#waiting.delete(call);
      call();
    }
  }
}

class Turn {
  readonly #onEnd: () => void;
  ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Once. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#onEnd();
  }
}
