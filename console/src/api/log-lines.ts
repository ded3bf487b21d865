/**
 * The log of Imago as it comes, for operators. The server tells its newest lines first, so after a
 * break what was there before is told again, and begins anew here.
 */
import type { LogLine } from '../../../api/imago-health.ts';
import type { ApiClient } from './client.ts';

export interface LogListener {
  /** All that are there, oldest first. */
  lines(lines: readonly LogLine[]): void;
  live(isLive: boolean): void;
}

const linesMax = 1000;
const delayMs = 2000;
/** Lines come in bursts; one look is enough for those. */
const gatheredMs = 100;

export function readLog(client: ApiClient, listener: LogListener): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let telling: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  let lines: LogLine[] = [];
  const tell = () => {
    telling = undefined;
    listener.lines(lines);
  };
  const connect = async () => {
    const url = await client.webSocketUrl('/imago/log');
    if (ended) return;
    let rest = '';
    const decoder = new TextDecoder();
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      lines = [];
      listener.live(true);
    };
    socket.onmessage = ({ data }) => {
      rest += typeof data === 'string' ? data : decoder.decode(data, { stream: true });
      const whole = rest.split('\n');
      rest = whole.pop() ?? '';
      // Lines without members are only a sign of life.
      const told = whole.map(lineOf).filter((line) => Object.keys(line).length > 0);
      lines = [...lines, ...told].slice(-linesMax);
      telling ??= setTimeout(tell, gatheredMs);
    };
    socket.onclose = () => {
      if (ended) return;
      listener.live(false);
      timer = setTimeout(connect, delayMs);
    };
  };
  void connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    clearTimeout(telling);
    socket?.close();
  };
}

/** A log that was torn by a full disk may have other lines. */
function lineOf(text: string): LogLine {
  try {
    return JSON.parse(text || '{}') as LogLine;
  } catch {
    return { message: text };
  }
}
