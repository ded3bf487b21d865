/**
 * The browser's own dialog: it keeps the focus inside, Escape closes it, and the focus goes back to
 * where it was. One types into the first field at once.
 */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { common } from '../text/common.ts';

interface Props {
  title: string;
  onClose(): void;
  children: ComponentChildren;
  wide?: boolean;
}

export function Dialog({ title, onClose, children, wide }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const whenClosed = useRef(onClose);
  whenClosed.current = onClose;
  // Before the next key is read, so that what is typed at once is typed here.
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (!shown) return;
    const closed = () => whenClosed.current();
    shown.addEventListener('close', closed);
    shown.showModal();
    shown.querySelector<HTMLElement>('input, select, textarea')?.focus();
    return () => {
      shown.removeEventListener('close', closed);
      shown.close();
    };
  }, []);
  return (
    <dialog ref={dialog} class={wide ? 'wide' : undefined} aria-labelledby={titleId}>
      <header>
        <h2 id={titleId}>{title}</h2>
        <button type="button" class="plain" aria-label={common.close} onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}
