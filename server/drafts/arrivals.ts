/**
 * Blocks on their way in: a few at a time, so that however many clients send, memory holds few, and
 * the rest waits in their sockets. Who has its turn and sends slowly makes way for the next, and
 * takes another turn when all of it is there. Of those there are a few, too: a further one is to
 * come again.
 */
import { Patience, throttled } from './in-time.ts';

export interface ArrivalsOptions {
  /** How many have their turn at a time. */
  atOnce: number;
  /** A block that is longer on its way than this makes way. */
  slowMs: number;
  /** How many that made way may still be coming. */
  slowMax: number;
}

export class Arrivals {
  readonly #slowMs: number;
  readonly #slowMax: number;
  #slow = 0;
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor({ atOnce, slowMs, slowMax }: ArrivalsOptions) {
    this.#slowMax = slowMax;
    this.#free = atOnce;
    this.#slowMs = slowMs;
  }

  /** `read`, then `use` of what was read, with a turn. Throws where none comes in time. */
  async run<Block, Result>(
    read: () => Promise<Block>,
    use: (block: Block) => Promise<Result>,
    patience = new Patience(),
  ): Promise<Result> {
    const turn = await this.#turn(patience);
    let block: Block;
    try {
      block = await this.#read(read, turn);
    } catch (error) {
      turn.end();
      throw error;
    }
    const second = turn.ended ? await this.#turn(patience) : turn;
    try {
      return await use(block);
    } finally {
      second.end();
    }
  }

  async #read<Block>(read: () => Promise<Block>, turn: Turn): Promise<Block> {
    const refused = Promise.withResolvers<never>();
    const slow = setTimeout(() => {
      if (this.#slow >= this.#slowMax) return refused.reject(throttled());
      this.#slow++;
      turn.end();
    }, this.#slowMs);
    try {
      return await Promise.race([read(), refused.promise]);
    } finally {
      clearTimeout(slow);
      if (turn.ended) this.#slow--;
    }
  }

  async #turn(patience: Patience): Promise<Turn> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(patience);
    return new Turn(() => this.#next());
  }

  async #wait(patience: Patience): Promise<void> {
    const called = Promise.withResolvers<true>();
    const call = () => called.resolve(true);
    this.#waiting.add(call);
    const isCalled = await patience.within<boolean>(called.promise, () => {
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
