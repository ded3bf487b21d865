/**
 * A guest's serial console for those who look and type: connected to the machine's console.sock
 * while there is anybody, and only then. All get what the guest writes from now on; what any of
 * them types goes to the guest. The log is written by the machine itself.
 * A reader that does not read is dropped: the guest, whose output waits for this connection, is
 * never held up by it.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connectToMachine } from '../foundations/machine-socket.ts';

/** Two screens for an operator, and some programs. */
const readersMax = 8;
/** A slow line for some seconds; then it is no line. */
const unreadMaxBytes = 1024 * 1024;
/** What was typed and the guest has not taken: more is not listened to. */
const untypedMaxBytes = 64 * 1024;

export class SerialConsole {
  readonly #socketPath: string;
  readonly #readers = new Set<Duplex>();
  #machine: Socket | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** False where there are too many already. */
  join(reader: Duplex): boolean {
    if (this.#readers.size >= readersMax) return false;
    this.#readers.add(reader);
    const machine = this.#machine ?? this.#connect();
    reader.on('data', (typed: Buffer) => {
      // Another machine since, or none.
      if (machine !== this.#machine) return;
      machine.write(typed);
      if (machine.writableLength > untypedMaxBytes) reader.pause();
    });
    reader.on('error', () => reader.destroy());
    reader.on('end', () => reader.end());
    reader.once('close', () => this.#leave(reader));
    return true;
  }

  close(): void {
    this.#machine?.destroy();
    for (const reader of this.#readers) reader.destroy();
  }

  #connect(): Socket {
    const machine = connectToMachine(this.#socketPath);
    this.#machine = machine;
    machine.on('data', (output) => {
      for (const reader of this.#readers) {
        if (reader.writableLength > unreadMaxBytes) reader.destroy();
        else reader.write(output);
      }
    });
    machine.on('drain', () => {
      for (const reader of this.#readers) reader.resume();
    });
    machine.on('error', () => {});
    // The machine has ended, or is not there: so has its console.
    machine.once('close', () => {
      if (this.#machine !== machine) return;
      this.#machine = undefined;
      for (const reader of this.#readers) reader.end();
    });
    return machine;
  }

  #leave(reader: Duplex): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#machine?.destroy();
    this.#machine = undefined;
  }
}
