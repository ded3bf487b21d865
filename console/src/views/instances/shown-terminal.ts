/** A terminal in the page: as large as its place, with the keys that other terminals have. */
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { boundAnnounced } from './announced.ts';
import { isLeaving } from './leaving.ts';
import { letSpansHaveStyles, withSheets } from './terminal-styles.ts';

const scrollbackLines = 10_000;

export class ShownTerminal {
  readonly terminal = new Terminal({
    scrollback: scrollbackLines,
    screenReaderMode: true,
    // Where a guest's links lead nobody has looked.
    linkHandler: { activate() {} },
    // Boot loaders clear with it, and the rest of the terminal is black as well.
    theme: { black: '#000000' },
  });
  readonly #resized: ResizeObserver;
  #isPast = false;

  /** `leave` moves the focus out of it. */
  constructor(place: HTMLElement, leave: () => void) {
    const { terminal } = this;
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    letSpansHaveStyles();
    withSheets(() => terminal.open(place));
    boundAnnounced(place);
    fit.fit();
    this.#resized = new ResizeObserver(() => fit.fit());
    this.#resized.observe(place);
    terminal.attachCustomKeyEventHandler((event) => {
      if (isLeaving(event)) leave();
      else if (isCopying(event)) void copyMarked(terminal);
      else return true;
      event.preventDefault();
      return false;
    });
    terminal.focus();
  }

  /** Anew, with what was written until now. */
  begin(past: Uint8Array): void {
    this.#isPast = true;
    this.terminal.reset();
    this.terminal.write(past, () => {
      this.#isPast = false;
    });
  }

  /**
   * A terminal answers what programs ask it, and that counts as typed. What they asked long ago has
   * been answered, or nobody waits for it.
   */
  onTyped(listener: (typed: string) => void): void {
    this.terminal.onData((typed) => {
      if (!this.#isPast) listener(typed);
    });
  }

  end(): void {
    this.#resized.disconnect();
    this.terminal.dispose();
  }
}

export const copyMarked = (terminal: Terminal) =>
  navigator.clipboard.writeText(terminal.getSelection());

/** Nothing where the browser does not tell it, or asks and is told no. */
export const copiedText = () => navigator.clipboard.readText().catch((): undefined => undefined);

/** As in other terminals: without Shift it interrupts. */
const isCopying = ({ type, ctrlKey, shiftKey, code }: KeyboardEvent) =>
  type === 'keydown' && ctrlKey && shiftKey && code === 'KeyC';
