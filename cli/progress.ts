/**
 * Progress of work that takes a while: a spinner with the elapsed time on a terminal, plain lines
 * elsewhere. One step at a time. It deliberately shows no percentage that it cannot know.
 */
import { performance } from 'node:perf_hooks';
import { formatDuration, type Output, type Stream } from './output.ts';
import { harmlessLine } from './terminal-text.ts';

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const frameMs = 100;
const clearLine = '\r\x1b[2K';

export interface StepProgress {
  /** What is being done just now; shown on a terminal only. */
  doing(detail: string): void;
  /** What came out; stays on the finished line. */
  result(detail: string): void;
}

export class Progress {
  readonly #stream: Stream;
  readonly #output: Output;

  constructor(stream: Stream, output: Output) {
    this.#stream = stream;
    this.#output = output;
  }

  async step<T>(title: string, work: (progress: StepProgress) => Promise<T>): Promise<T> {
    const live = this.#stream.isTTY === true;
    const started = performance.now();
    let detail = '';
    let outcome = '';
    let frame = 0;
    const elapsed = () => this.#output.style('dim', formatDuration(performance.now() - started));
    const draw = () => {
      frame = (frame + 1) % frames.length;
      const tail = detail ? this.#output.style('dim', `  ${detail}`) : '';
      this.#stream.write(
        `${clearLine}  ${this.#output.style('cyan', frames[frame] ?? '')} ${title}  ${elapsed()}${tail}`,
      );
    };
    const finish = (mark: string) =>
      this.#stream.write(
        `${live ? clearLine : ''}  ${mark} ${title}  ${elapsed()}${outcome ? `  ${outcome}` : ''}\n`,
      );
    const timer = live ? setInterval(draw, frameMs) : undefined;
    try {
      const value = await work({
        doing: (text) => {
          // A line that wraps cannot be redrawn.
          detail = harmlessLine(text).slice(
            0,
            Math.max(0, (this.#stream.columns ?? 80) - title.length - 20),
          );
        },
        result: (text) => {
          outcome = harmlessLine(text);
        },
      });
      clearInterval(timer);
      finish(this.#output.style('green', '✔'));
      return value;
    } catch (error) {
      clearInterval(timer);
      finish(this.#output.style('red', '✖'));
      throw error;
    }
  }
}
