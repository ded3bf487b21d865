/** The serial console: what the guest writes, and what is typed to it, in a terminal. */
import '../../styles/screen.css';
import type { Terminal } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import type { Route } from '../../route.ts';
import { consoleText as text } from '../../text/instance.ts';
import { SerialSession } from './serial-session.ts';
import { copiedText, copyMarked, ShownTerminal } from './shown-terminal.ts';

export function InstanceConsole({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const { client } = useSession();
  const place = useRef<HTMLDivElement>(null);
  const actions = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const [isMarked, setIsMarked] = useState(false);
  const [isRefused, setIsRefused] = useState(false);
  const terminal = useRef<Terminal>();
  const leave = () => actions.current?.querySelector('button')?.focus();
  const paste = async () => {
    const copied = await copiedText();
    setIsRefused(copied === undefined);
    if (copied) terminal.current?.paste(copied);
    terminal.current?.focus();
  };
  useEffect(() => {
    if (!place.current) return;
    const shown = new ShownTerminal(place.current, leave);
    terminal.current = shown.terminal;
    shown.terminal.onSelectionChange(() => setIsMarked(shown.terminal.hasSelection()));
    const session = new SerialSession(client, id, {
      past: (bytes) => shown.begin(bytes),
      written: (bytes) => shown.terminal.write(bytes),
      open: setIsOpen,
    });
    shown.onTyped((typed) => session.type(typed));
    return () => {
      session.end();
      shown.end();
    };
  }, [client, id]);
  return (
    <section class="card">
      <p class="hint" role="status">
        {isOpen ? text.open : text.connecting}
      </p>
      <div ref={actions} class="actions">
        <ActionButton
          because={!isMarked && text.nothingMarked}
          onClick={() => terminal.current && copyMarked(terminal.current)}
        >
          {text.copy}
        </ActionButton>
        <button type="button" onClick={paste}>
          {text.paste}
        </button>
        {isRefused && <span role="alert">{text.cannotPaste}</span>}
      </div>
      <div ref={place} class="terminal" />
    </section>
  );
}
