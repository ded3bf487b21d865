/**
 * What a build of an image tells, as it comes. The server tells all of it from the beginning, so
 * after a break it begins anew here, and closes when the build is over.
 */
import { type BuildLogLine, buildRoutes } from '../../../api/imago-builds.ts';
import type { ApiClient } from './client.ts';

export interface BuildLogListener {
  /** The newest, and how many there were. */
  lines(lines: readonly string[], count: number): void;
  state(state: 'live' | 'away' | 'over'): void;
}

export const linesMax = 2000;
const delayMs = 2000;
/** Lines come in bursts; one look is enough for those. */
const gatheredMs = 100;
/** It was closed because there is no more: a stream that ends gives no other reason. */
const closedInOrder = [1000, 1005];

export function readBuildLog(
  client: ApiClient,
  arn: string,
  listener: BuildLogListener,
): () => void {
  const route = buildRoutes.TailBuildLog.replace(/^GET /, '');
  const path = route.replace('{ImageBuildVersionArn}', encodeURIComponent(arn));
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let telling: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  let lines: string[] = [];
  let count = 0;
  const tell = () => {
    telling = undefined;
    listener.lines(lines, count);
  };
  const connect = async () => {
    const url = await client.webSocketUrl(path);
    if (ended) return;
    let rest = '';
    const decoder = new TextDecoder();
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      [lines, count] = [[], 0];
      listener.state('live');
    };
    socket.onmessage = ({ data }) => {
      rest += typeof data === 'string' ? data : decoder.decode(data, { stream: true });
      const whole = rest.split('\n');
      rest = whole.pop() ?? '';
      const told = whole.flatMap((line) => (JSON.parse(line || '{}') as BuildLogLine).text ?? []);
      count += told.length;
      lines = [...lines, ...told].slice(-linesMax);
      telling ??= setTimeout(tell, gatheredMs);
    };
    socket.onclose = ({ code }) => {
      if (ended) return;
      const isOver = closedInOrder.includes(code);
      listener.state(isOver ? 'over' : 'away');
      if (!isOver) timer = setTimeout(connect, delayMs);
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
