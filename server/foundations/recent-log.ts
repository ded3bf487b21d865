/**
 * The newest lines of the log, in memory, so that operators can read them without the file that
 * they go to. What came before Imago started is in that file only.
 */
export type HearLine = (line: string) => void;

const linesMax = 1000;
/** A few lines with stacks must not add up to much. */
const charactersMax = 512 * 1024;

export class RecentLog {
  readonly #lines: string[] = [];
  readonly #followers = new Set<HearLine>();
  #characters = 0;

  /** A line with its end. */
  readonly write = (line: string): void => {
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length > linesMax || this.#characters > charactersMax) {
      this.#characters -= this.#lines.shift()?.length ?? 0;
    }
    for (const hear of this.#followers) hear(line);
  };

  /** Oldest first. */
  lines(): readonly string[] {
    return this.#lines;
  }

  /** From now on, until what it answers is called. */
  follow(hear: HearLine): () => void {
    this.#followers.add(hear);
    return () => this.#followers.delete(hear);
  }
}
