/**
 * As disk-thread.ts; beside a guest's socket there may be a file that makes it fail when it is told
 * of that guest, once.
 */
import { existsSync, rmSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { ToThread } from './disk-thread.ts';
import './disk-thread.ts';

parentPort?.on('message', (message: ToThread) => {
  if (message.kind !== 'order' || message.order.kind !== 'serve') return;
  const { socketPath } = message.order.disks;
  for (const how of ['throw', 'hang']) {
    const file = socketPath.replace(/sock$/, how);
    if (!existsSync(file)) continue;
    rmSync(file);
    if (how === 'throw') throw new Error('as a test wants it');
    for (;;);
  }
});
