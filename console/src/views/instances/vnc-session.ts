/**
 * A session at a guest's screen and keyboard that comes back by itself when it breaks (a restart of
 * Imago). Where there is none to be had, whoever shows it is told, and it goes on trying.
 */
import Vnc from '@novnc/novnc';
import type { ApiClient } from '../../api/client.ts';
import type { Press } from './typed-text.ts';

const againMs = 3000;
/**
 * From one key of a text to the next: QEMU holds each movement of a key for some milliseconds, and
 * forgets what comes faster for long.
 */
const pressMs = 50;

const shift = [0xffe1, 'ShiftLeft'] as const;
/** As X names them: let go when the keyboard is left, or the guest would take them to be held. */
const controlKeys = [
  [0xffe3, 'ControlLeft'],
  [0xffe4, 'ControlRight'],
] as const;

export interface VncListener {
  onOpen(): void;
  /** It has never opened since the last time that it was tried. */
  onRefused(): void;
  /** It was open. */
  onLost(): void;
}

export class VncSession {
  readonly #client: ApiClient;
  readonly #path: string;
  readonly #place: HTMLElement;
  readonly #listener: VncListener;
  #session: Vnc | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasEnded = false;

  constructor(client: ApiClient, instanceId: string, place: HTMLElement, listener: VncListener) {
    this.#client = client;
    this.#path = `/imago/instances/${instanceId}/screen`;
    this.#place = place;
    this.#listener = listener;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const url = await this.#client.webSocketUrl(this.#path);
    if (this.#hasEnded) return;
    const session = new Vnc(this.#place, url, { shared: true });
    let isOpen = false;
    session.scaleViewport = true;
    session.showDotCursor = true;
    session.background = 'transparent';
    session.addEventListener('connect', () => {
      isOpen = true;
      this.#listener.onOpen();
      session.focus();
    });
    session.addEventListener('disconnect', () => {
      this.#session = undefined;
      if (this.#hasEnded) return;
      if (isOpen) this.#listener.onLost();
      else this.#listener.onRefused();
      this.#timer = setTimeout(() => void this.#connect(), againMs);
    });
    this.#session = session;
  }

  pressCtrlAltDel(): void {
    this.#session?.sendCtrlAltDel();
    this.#session?.focus();
  }

  /** One after the other; ends early where the session does. */
  async press(presses: readonly Press[]): Promise<void> {
    const session = this.#session;
    for (const { keysym, code, isShifted } of presses) {
      if (session !== this.#session) return;
      if (isShifted) session?.sendKey(...shift, true);
      session?.sendKey(keysym, code);
      if (isShifted) session?.sendKey(...shift, false);
      await new Promise((resolve) => setTimeout(resolve, pressMs));
    }
  }

  focus(): void {
    this.#session?.focus();
  }

  /** The keyboard is the page's again. */
  leave(): void {
    for (const [keysym, code] of controlKeys) this.#session?.sendKey(keysym, code, false);
    this.#session?.blur();
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#session?.disconnect();
  }
}
