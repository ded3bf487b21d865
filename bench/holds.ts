/** For how long the event loop of this process is held at a time. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { spread } from './figures.ts';

export interface Hold {
  /** As clients feel it: with what others on the host and the disk make this process wait for. */
  wallMs: number;
  /** What this process computed without a pause, from one turn of a timer to the next. */
  cpuMs: number;
}

/** The longest of each while `work` runs. */
export async function longestHold(work: () => Promise<unknown>): Promise<Hold> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let cpuMs = 0;
  let before = cpuOfThreadMs();
  const ticks = setInterval(() => {
    const now = cpuOfThreadMs();
    cpuMs = Math.max(cpuMs, now - before);
    before = now;
  }, 1);
  delays.enable();
  await work();
  // What it did last is told by the tick after it.
  await setTimeout(2);
  delays.disable();
  clearInterval(ticks);
  return { wallMs: delays.max / 1e6, cpuMs };
}

/** Of this thread, ever. */
export function cpuOfThreadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

export function showHolds(what: string, holds: readonly Hold[]): void {
  const [wall, cpu] = (['wallMs', 'cpuMs'] as const).map((member) =>
    spread(
      holds.map((hold) => hold[member]),
      'ms',
      1,
    ),
  );
  console.log(`${what.padEnd(15)} longest hold ${wall}; computing ${cpu}`);
}
