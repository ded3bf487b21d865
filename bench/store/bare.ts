/** Seconds of bare-worker.ts on all cores; threads are up before the clock runs. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { secondsOf } from './row.ts';

export interface BareOrder {
  kind: 'ingest' | 'read' | 'hash' | 'write';
  bytes?: SharedArrayBuffer;
  files?: [string, string][];
  folder?: string;
}

export async function bareSeconds(order: BareOrder, shares = availableParallelism()) {
  const workers = Array.from(
    { length: shares },
    (_, share) =>
      new Worker(new URL('./bare-worker.ts', import.meta.url), {
        workerData: { ...order, share, shares },
      }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const seconds = await secondsOf(async () => {
    const done = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage('go');
    await Promise.all(done);
  });
  await Promise.all(workers.map((worker) => worker.terminate()));
  return seconds;
}
