/**
 * Imago with simulated machines as a child process that tells, when it is asked, for how long its
 * event loop was held at most since it was asked before, and what it has computed ever: in CPU time
 * of its thread, so that others on the host do not count.
 */
import { Home } from '../server/foundations/home.ts';
import { serve } from '../server/main.ts';
import { cpuOfThreadMs } from './holds.ts';

/** What it tells. */
export interface Held {
  mostMs: number;
  cpuMs: number;
}

const [folder = '', region = '', url] = process.argv.slice(2);
const server = await serve({
  home: new Home(folder),
  catalog: url === undefined ? undefined : { url },
  listen: { host: '127.0.0.1', port: 0 },
  hypervisor: 'simulated',
  zones: 1,
  memoryOvercommit: 1,
  regions: [region],
});

let mostMs = 0;
let lastMs = cpuOfThreadMs();
let watching: NodeJS.Timeout;
process.on('message', () => {
  note();
  process.send?.({ mostMs, cpuMs: lastMs } satisfies Held);
  mostMs = 0;
});
process.once('SIGTERM', async () => {
  clearTimeout(watching);
  await server.close();
  process.exit();
});
watch();
process.send?.(Number(new URL(server.endpoint).port));

/** After each turn of the event loop that takes any time. */
function watch(): void {
  note();
  watching = setTimeout(watch, 1);
}

function note(): void {
  const now = cpuOfThreadMs();
  mostMs = Math.max(mostMs, now - lastMs);
  lastMs = now;
}
