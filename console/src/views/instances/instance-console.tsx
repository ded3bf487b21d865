/**
 * The serial console: what the guest writes, and what is typed to it. When the connection breaks (a
 * restart of Imago) it comes back by itself, with what the guest wrote last.
 */
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiClient } from '../../api/client.ts';
import { useSession } from '../../api/session.tsx';
import type { Route } from '../../route.ts';
import { consoleText as text } from '../../text/instance.ts';
import { withSheets } from './terminal-styles.ts';

const scrollbackLines = 10_000;
const againMs = 2000;

export function InstanceConsole({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const { client } = useSession();
  const place = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    if (place.current) return showConsole({ client, id, place: place.current, onOpen: setIsOpen });
  }, [client, id]);
  return (
    <section class="card">
      <p class="hint" role="status">
        {isOpen ? text.open : text.connecting}
      </p>
      <div ref={place} class="terminal" />
    </section>
  );
}

interface Shown {
  client: ApiClient;
  id: string;
  place: HTMLElement;
  onOpen(isOpen: boolean): void;
}

function showConsole({ client, id, place, onOpen }: Shown): () => void {
  const terminal = new Terminal({
    scrollback: scrollbackLines,
    screenReaderMode: true,
    // Where a guest's links lead nobody has looked.
    linkHandler: { activate() {} },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withSheets(() => terminal.open(place));
  fit.fit();
  const resized = new ResizeObserver(() => fit.fit());
  resized.observe(place);
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasEnded = false;
  const connect = async () => {
    await showPast(client, id, terminal);
    const url = await client.webSocketUrl(`/imago/instances/${id}/console`);
    if (hasEnded) return;
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => onOpen(true);
    socket.onmessage = ({ data }) => terminal.write(new Uint8Array(data));
    socket.onclose = () => {
      onOpen(false);
      if (!hasEnded) timer = setTimeout(connect, againMs);
    };
  };
  terminal.onData((typed) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(new TextEncoder().encode(typed));
  });
  void connect();
  terminal.focus();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
    socket?.close();
    resized.disconnect();
    terminal.dispose();
  };
}

/** What was written before somebody looked. */
async function showPast(client: ApiClient, id: string, terminal: Terminal): Promise<void> {
  const { Output = '' } = await client
    .call('ec2', 'GetConsoleOutput', { InstanceId: id, Latest: true })
    .catch(() => ({ Output: '' }));
  terminal.reset();
  terminal.write(Uint8Array.from(atob(Output), (letter) => letter.charCodeAt(0)));
}
