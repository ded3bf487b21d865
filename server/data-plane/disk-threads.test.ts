/** Guests' disks in threads that fail. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { inlineSealing } from '../blocks/sealed-blocks.ts';
import { SharedBlockMemory } from '../blocks/shared-block-memory.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { jsonLog } from '../foundations/log.ts';
import { NBD_CMD_READ } from '../nbd/protocol.ts';
import { RawClient } from '../nbd/raw-client.ts';
import type { GuestDisks } from './disk-servers.ts';
import { DiskThreads } from './disk-threads.ts';
import { FairTurns } from './fair-turns.ts';
import { GuestBlocks } from './guest-blocks.ts';
import { SealKeys } from './seal-keys.ts';

const sizeBytes = 4 * blockSizeBytes;

async function setUp(t: TestContext, threads = 2) {
  const folder = await mkdtemp(path.join(tmpdir(), 'disks-'));
  const store = new MemoryBlockStore();
  const changes = new Map<number, string>();
  for (let i = 0; i < 4; i++) {
    changes.set(i, await storeBlock(store, Buffer.alloc(blockSizeBytes, i + 1)));
  }
  const { root } = await storeMap(store, { sizeBytes, changes });
  const memory = new SharedBlockMemory(4 * blockSizeBytes);
  const blocks = new GuestBlocks({
    memory,
    turns: new FairTurns(2),
    keys: new SealKeys(),
    sealing: inlineSealing,
  });
  const lines: string[] = [];
  const disks = new DiskThreads({
    threads,
    memory: memory.parts,
    find: blocks.find.bind(blocks),
    onFailedRead: ({ instanceId }) => lines.push(`failed read of ${instanceId}`),
    onStuck: () => lines.push('stuck'),
    log: jsonLog((line) => lines.push(line)),
    pulse: { intervalMs: 300, silencesMax: 3 },
    file: new URL('./test-failing-thread.ts', import.meta.url),
  });
  t.after(async () => {
    await disks.close();
    await rm(folder, { recursive: true });
  });
  const guest = (instanceId: string): GuestDisks => {
    blocks.readFrom(instanceId, store);
    const socketPath = path.join(folder, `${instanceId}.sock`);
    return { instanceId, socketPath, exports: [{ root, sizeBytes }], connectionsMax: 4 };
  };
  const connect = async ({ socketPath }: GuestDisks) => RawClient.transmission(socketPath, root);
  /** As QEMU does: until somebody is there. */
  const reconnect = async (guest: GuestDisks) => {
    for (;;) {
      const client = await connect(guest).catch(() => undefined);
      if (client) return client;
      await sleep(20);
    }
  };
  const fail = (how: 'throw' | 'hang', { instanceId }: GuestDisks) =>
    writeFile(path.join(folder, `${instanceId}.${how}`), '');
  return { store, changes, disks, guest, connect, reconnect, fail, lines };
}

async function readBlock(client: RawClient, index: number): Promise<number> {
  client.request(NBD_CMD_READ, index * blockSizeBytes, 4096);
  const { error } = await client.simpleReply();
  if (error !== 0) return -1;
  const bytes = await client.take(4096);
  assert.ok(bytes.every((byte) => byte === bytes[0]));
  return bytes[0] ?? -1;
}

for (const how of ['throw', 'hang'] as const) {
  test(`a thread that ${how}s is replaced with its guest; the guest of another notices nothing`, async (t) => {
    const { disks, guest, connect, reconnect, fail, lines } = await setUp(t);
    const [a, b] = [guest('i-a'), guest('i-b')];
    await disks.serve(a);
    await disks.serve(b);
    const [ofA, ofB] = [await connect(a), await connect(b)];
    assert.equal(await readBlock(ofA, 0), 1);
    await fail(how, a);
    const told = disks.serve(a);
    await ofA.closed();
    for (let index = 0; index < 4; index++) assert.equal(await readBlock(ofB, index), index + 1);
    await told;
    const again = await reconnect(a);
    for (let index = 0; index < 4; index++) assert.equal(await readBlock(again, index), index + 1);
    assert.equal(await readBlock(ofB, 0), 1, 'on its first connection');
    assert.match(lines.join(), /ended, starting it again/);
    assert.ok(!lines.includes('stuck'));
    for (const client of [again, ofB]) client.socket.destroy();
  });
}

test('guests are spread over threads; one that leaves makes room', async (t) => {
  const { disks, guest, connect, fail } = await setUp(t);
  const [a, b, c] = [guest('i-a'), guest('i-b'), guest('i-c')];
  for (const each of [a, b]) await disks.serve(each);
  await disks.drop('i-a');
  await disks.serve(c);
  await assert.rejects(connect(a));
  const [ofB, ofC] = [await connect(b), await connect(c)];
  await fail('throw', c);
  await disks.serve(c);
  await ofC.closed();
  assert.equal(await readBlock(ofB, 1), 2, 'it is in the other thread');
  ofB.socket.destroy();
});

test('a block that is missing is an error for its reader, and told; it heals', async (t) => {
  const { disks, guest, connect, store, changes, lines } = await setUp(t);
  const a = guest('i-a');
  await disks.serve(a);
  const client = await connect(a);
  store.lose(changes.get(2) ?? '');
  assert.equal(await readBlock(client, 2), -1);
  assert.deepEqual(lines, ['failed read of i-a']);
  await storeBlock(store, Buffer.alloc(blockSizeBytes, 3));
  assert.equal(await readBlock(client, 2), 3);
  client.socket.destroy();
});

test('a socket that cannot be made is an error of that guest, and of no other', async (t) => {
  const { disks, guest, connect } = await setUp(t, 1);
  const [a, b] = [guest('i-a'), guest('i-b')];
  const nowhere = { ...a, socketPath: '/nowhere/nbd.sock' };
  await assert.rejects(disks.serve(nowhere), /nowhere/);
  await disks.drop('i-a');
  for (const each of [b, a]) await disks.serve(each);
  const client = await connect(a);
  assert.equal(await readBlock(client, 0), 1);
  client.socket.destroy();
});
