/**
 * Where a log goes: a file descriptor that may fail at any time (a full disk, a reader that went
 * away) without anything else failing, or waiting. Lines that cannot be written are dropped and
 * counted, and the log says so as soon as it can.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';

const newLine = Buffer.from('\n');

export class LogOutput {
  readonly #fd: number;
  #dropped = 0;
  /** The last line was written in part: the next begins a line of its own. */
  #torn = false;

  constructor(fd: number) {
    this.#fd = nonBlocking(fd);
  }

  readonly write = (line: string): void => {
    if (this.#dropped > 0) {
      if (!this.#put(droppedLine(this.#dropped))) {
        this.#dropped += 1;
        return;
      }
      this.#dropped = 0;
    }
    if (!this.#put(line)) this.#dropped += 1;
  };

  #put(line: string): boolean {
    const bytes = Buffer.from(line);
    let done = 0;
    try {
      if (this.#torn) writeSync(this.#fd, newLine);
      this.#torn = false;
      while (done < bytes.length) done += writeSync(this.#fd, bytes, done);
      return true;
    } catch {
      this.#torn ||= done > 0;
      return false;
    }
  }
}

function droppedLine(dropped: number): string {
  const time = new Date().toISOString();
  const message = 'log lines could not be written and are lost';
  return `${JSON.stringify({ time, level: 'warn', message, dropped })}\n`;
}

/**
 * A pipe whose reader is slow would hold up the whole process: opened once more, its writes fail
 * instead.
 */
function nonBlocking(fd: number): number {
  try {
    if (!fstatSync(fd).isFIFO()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return fd;
  }
}
