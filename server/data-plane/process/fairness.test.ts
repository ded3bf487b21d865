/**
 * One guest floods in every way that it has; another goes on reading its disk. Compared in one run,
 * by turns.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { NBD_CMD_READ } from '../../nbd/protocol.ts';
import { RawClient } from '../../nbd/raw-client.ts';
import { serveTwo } from './test-home.ts';

const readBytes = 64 * 1024;
const spanMs = 400;
const spans = 3;
/**
 * Of the reads that it does while nobody floods, a guest keeps so many. Two guests of one thread
 * have half of it each, and here the flood itself takes a processor that others need too.
 */
const sharePercent = 5;

async function readsWithin(client: RawClient, durationMs: number): Promise<number> {
  const endMs = performance.now() + durationMs;
  let reads = 0;
  while (performance.now() < endMs) {
    client.request(NBD_CMD_READ, 0, readBytes);
    assert.equal((await client.simpleReply()).error, 0);
    await client.take(readBytes);
    reads += 1;
  }
  return reads;
}

async function flood(t: TestContext, kind: string, folder: string, exportName: string) {
  const child = fork(path.join(import.meta.dirname, 'test-flood.ts'), [kind, folder, exportName]);
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

const kinds = [
  'frames',
  'frames for another guest',
  'metadata',
  'small reads',
  'large reads',
  'block status',
  'connections',
];
for (const kind of kinds) {
  test(`a guest reads its disk while another floods the data plane with ${kind}`, async (t) => {
    const { a, b } = await serveTwo(t);
    const client = await RawClient.transmission(path.join(b.folder, 'nbd.sock'), b.root);
    await readsWithin(client, spanMs);
    let [quiet, flooded] = [0, 0];
    for (let span = 0; span < spans; span += 1) {
      quiet += await readsWithin(client, spanMs);
      const end = await flood(t, kind, a.folder, a.root);
      flooded += await readsWithin(client, spanMs);
      await end();
    }
    client.socket.destroy();
    const percent = Math.round((100 * flooded) / quiet);
    t.diagnostic(`${flooded} reads beside ${quiet} in quiet: ${percent} %`);
    assert.ok(percent >= sharePercent, `${percent} % of the reads`);
  });
}
