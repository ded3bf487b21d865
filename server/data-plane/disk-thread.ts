/** A thread of disk-threads.ts: serves some guests their disks. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Place, SharedBlocks, type SharedBlocksParts } from '../blocks/shared-blocks.ts';
import type { GuestDisks } from './disk-servers.ts';
import { DisksHere } from './disks-here.ts';
import type { WantedBlock } from './guest-blocks.ts';

export type Order = { kind: 'serve'; disks: GuestDisks } | { kind: 'drop'; instanceId: string };

/** To the thread. */
export type ToThread =
  | { kind: 'order'; call: number; order: Order }
  | { kind: 'found'; call: number; place: Place }
  | { kind: 'lost'; call: number; message: string }
  | { kind: 'beat' };

/** From it. */
export type FromThread =
  | { kind: 'done'; call: number; failure?: string }
  | { kind: 'find'; call: number; instanceId: string; wanted: WantedBlock }
  | { kind: 'failed-read'; instanceId: string; exportName: string | undefined; message: string }
  | { kind: 'beat' };

const finds = new Map<number, PromiseWithResolvers<Place>>();
let lastCall = 0;

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

const disks = new DisksHere({
  blocks: new SharedBlocks(workerData as SharedBlocksParts),
  find(instanceId, wanted) {
    const found = Promise.withResolvers<Place>();
    finds.set(++lastCall, found);
    tell({ kind: 'find', call: lastCall, instanceId, wanted });
    return found.promise;
  },
  onFailedRead: ({ instanceId, exportName, error }) =>
    tell({ kind: 'failed-read', instanceId, exportName, message: (error as Error).message }),
});

async function obey(call: number, order: Order): Promise<void> {
  try {
    await (order.kind === 'serve' ? disks.serve(order.disks) : disks.drop(order.instanceId));
    tell({ kind: 'done', call });
  } catch (error) {
    tell({ kind: 'done', call, failure: (error as Error).message });
  }
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'order') {
    void obey(message.call, message.order);
    return;
  }
  if (message.kind === 'beat') {
    tell({ kind: 'beat' });
    return;
  }
  const waiting = finds.get(message.call);
  finds.delete(message.call);
  if (message.kind === 'found') waiting?.resolve(message.place);
  else waiting?.reject(new Error(message.message));
});
