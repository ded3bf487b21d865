/**
 * A session at a guest's serial console that comes back by itself when it breaks (a restart of
 * Imago). First comes what the guest wrote before, then what it writes, nothing twice: who looks is
 * connected before the past is asked for, and where that ends is found by what both have.
 */
import type { ApiClient } from '../../api/client.ts';
import { restAfter } from './serial-past.ts';

const againMs = 2000;
/** Well below what a frame may be; a paste may be longer. */
const frameBytes = 16 * 1024;

export interface SerialListener {
  /** Everything that was written until now; it may contain questions that nobody is to answer. */
  past(bytes: Uint8Array): void;
  written(bytes: Uint8Array): void;
  open(isOpen: boolean): void;
}

export class SerialSession {
  readonly #client: ApiClient;
  readonly #id: string;
  readonly #listener: SerialListener;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasEnded = false;

  constructor(client: ApiClient, id: string, listener: SerialListener) {
    this.#client = client;
    this.#id = id;
    this.#listener = listener;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const url = await this.#client.webSocketUrl(`/imago/instances/${this.#id}/console`);
    if (this.#hasEnded) return;
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    /** Until the past is there. */
    let held: Uint8Array[] | undefined = [];
    socket.onopen = async () => {
      const past = await this.#past();
      if (this.#hasEnded || socket.readyState !== WebSocket.OPEN) return;
      this.#listener.past(past);
      this.#listener.written(restAfter(past, joined(held ?? [])));
      held = undefined;
      this.#listener.open(true);
    };
    socket.onmessage = ({ data }) => {
      const bytes = new Uint8Array(data);
      if (held) held.push(bytes);
      else this.#listener.written(bytes);
    };
    socket.onclose = () => {
      this.#listener.open(false);
      if (!this.#hasEnded) this.#timer = setTimeout(() => void this.#connect(), againMs);
    };
  }

  async #past(): Promise<Uint8Array> {
    const { Output = '' } = await this.#client
      .call('ec2', 'GetConsoleOutput', { InstanceId: this.#id, Latest: true })
      .catch(() => ({ Output: '' }));
    return Uint8Array.from(atob(Output), (letter) => letter.charCodeAt(0));
  }

  type(text: string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += frameBytes) {
      this.#socket.send(bytes.subarray(at, at + frameBytes));
    }
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
