/** One end of a cable as QEMU has it, for tests of links. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFrame, FrameReader } from './frames.ts';

/** One of QEMU's sockets: listens, takes one connection at a time, collects frames. */
export class QemuEnd {
  readonly path: string;
  #server: Server | undefined;
  socket: Socket | undefined;
  frames: Buffer[] = [];
  onFrame: (frame: Buffer) => void = (frame) => this.frames.push(frame);

  constructor(socketPath: string) {
    this.path = socketPath;
  }

  async listen(): Promise<void> {
    this.#server = createServer((socket) => {
      this.socket = socket;
      const reader = new FrameReader((buffer, start, end) =>
        this.onFrame(Buffer.from(buffer.subarray(start, end))),
      );
      socket.on('data', (chunk) => reader.push(chunk));
      socket.on('error', () => {});
    });
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
  }

  send(...frames: Buffer[]): void {
    this.socket?.write(Buffer.concat(frames.map(encodeFrame)));
  }

  async stop(): Promise<void> {
    this.#server?.close();
    this.socket?.destroy();
    this.socket = undefined;
    await rm(this.path, { force: true });
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}
