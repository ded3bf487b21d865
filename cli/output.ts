/**
 * What a command prints: tables and styled text for people, JSON for programs. Colours only where a
 * person looks at a terminal and has not set NO_COLOR. It knows nothing of what is printed.
 */
import { styleText } from 'node:util';
import { harmlessLine } from './terminal-text.ts';

export interface Stream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

export interface OutputOptions {
  json: boolean;
  /** Any value but the empty string turns colours off (no-color.org). */
  noColor?: string | undefined;
}

export class Output {
  readonly json: boolean;
  readonly #stream: Stream;
  readonly #colored: boolean;

  constructor(stream: Stream, options: OutputOptions) {
    this.#stream = stream;
    this.json = options.json;
    this.#colored = stream.isTTY === true && !options.noColor;
  }

  /** What is read elsewhere has room for all of it. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Of the terminal; what is no terminal has as many as most. */
  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  style(style: Style, text: string): string {
    return this.#colored ? styleText(style, text, { validateStream: false }) : text;
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  /** The one JSON document of a command run with --json. */
  document(value: unknown): void {
    this.line(JSON.stringify(value, undefined, 2));
  }

  /**
   * Left-aligned columns, as wide as their longest cell; a cell may be anybody's text, such as a
   * tag. A row that is one text is a heading of those below it, and stands over the columns.
   */
  table(header: string[], lines: (string | string[])[]): void {
    const rows = lines.map((row) =>
      typeof row === 'string' ? harmlessLine(row) : row.map(harmlessLine),
    );
    const cells = rows.filter((row) => typeof row !== 'string');
    const widths = header.map((name, column) =>
      Math.max(name.length, ...cells.map((row) => (row[column] ?? '').length)),
    );
    const join = (row: string[]) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
    this.line(this.style('bold', join(header)));
    for (const row of rows) {
      this.line(typeof row === 'string' ? this.style('cyan', row) : join(row));
    }
  }
}

/** Such as `0.3 s`, `12.0 s`, `2 min 05 s`. */
export function formatDuration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
