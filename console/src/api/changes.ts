/**
 * The stream of changes: tells which tables have rows that changed. It comes back by itself when it
 * breaks, and whoever listens is told then that anything may have changed.
 */
import type { ApiClient } from './client.ts';

export interface ChangesListener {
  /** `undefined`: any table. */
  changed(tables: ReadonlySet<string> | undefined): void;
  live(isLive: boolean): void;
}

const firstDelayMs = 500;
const longestDelayMs = 15_000;
/** Changes come in bursts; one look is enough for those. */
const gatheredMs = 150;

export function watchChanges(client: ApiClient, listener: ChangesListener): () => void {
  let socket: WebSocket | undefined;
  let delayMs = firstDelayMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const gather = gathered(listener.changed);

  const again = () => {
    listener.live(false);
    if (ended) return;
    timer = setTimeout(connect, delayMs * (0.75 + Math.random() / 2));
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  };
  const connect = async () => {
    const url = await client.webSocketUrl('/imago/changes');
    if (ended) return;
    let rest = '';
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const decoder = new TextDecoder();
    socket.onopen = () => {
      delayMs = firstDelayMs;
      listener.live(true);
      listener.changed(undefined);
    };
    socket.onmessage = ({ data }) => {
      rest += typeof data === 'string' ? data : decoder.decode(data, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) gather(line);
    };
    socket.onclose = again;
  };
  void connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    socket?.close();
  };
}

function gathered(changed: ChangesListener['changed']): (line: string) => void {
  let tables = new Set<string>();
  const tell = () => {
    changed(tables.has('*') ? undefined : tables);
    tables = new Set();
  };
  return (line) => {
    const { table } = JSON.parse(line || '{}') as { table?: string };
    if (table === undefined) return; // only a sign of life
    if (tables.size === 0) setTimeout(tell, gatheredMs);
    tables.add(table);
  };
}
