/**
 * Screens as JPEG, each in a thread of its own: encoding would hold the event loop, and what is
 * encoded comes from a guest. One at a time, since a large one takes memory.
 */
import { Worker } from 'node:worker_threads';
import { Limit } from '../../foundations/limit.ts';
import type { Screen } from '../../hypervisor/hypervisor.ts';

const oneAtATime = new Limit(1);

export function encodeJpeg(screen: Screen): Promise<Buffer> {
  return oneAtATime.run(async () => {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const worker = new Worker(new URL('./jpeg-worker.ts', import.meta.url), {
      execArgv: [],
      workerData: screen,
    });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread for screens has ended')));
    const { buffer, byteOffset, length } = await promise.finally(() => worker.terminate());
    return Buffer.from(buffer, byteOffset, length);
  });
}
