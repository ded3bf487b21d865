/**
 * nbdkit's filters between QEMU's block layer and the store: errors, and delays. A guest's QEMU is
 * its own block layer with rerror=stop, which asks again; here qemu-io does, and whatever it is
 * given is what the disk has, or an error.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { inlineSealing } from '../blocks/sealed-blocks.ts';
import { SharedBlockMemory } from '../blocks/shared-block-memory.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { silentLog } from '../foundations/log.ts';
import { DiskThreads } from './disk-threads.ts';
import { FairTurns } from './fair-turns.ts';
import { GuestBlocks } from './guest-blocks.ts';
import { SealKeys } from './seal-keys.ts';

const run = promisify(execFile);
const blockCount = 8;
const sizeBytes = blockCount * blockSizeBytes;
/** Fewer than the disk has: blocks leave and are read again while it is read. */
const memoryBytes = 4 * blockSizeBytes;

/** A disk each of whose blocks is filled with its number, counted from 1, behind a filter. */
async function serveBehind(t: TestContext, filter: string, settings: (folder: string) => string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'faulty-'));
  const store = new MemoryBlockStore();
  const changes = new Map<number, string>();
  for (let i = 0; i < blockCount; i++) {
    changes.set(i, await storeBlock(store, Buffer.alloc(blockSizeBytes, i + 1)));
  }
  const { root } = await storeMap(store, { sizeBytes, changes });
  const memory = new SharedBlockMemory(memoryBytes);
  const turns = new FairTurns(2);
  const keys = new SealKeys();
  const blocks = new GuestBlocks({ memory, turns, keys, sealing: inlineSealing });
  const instanceId = 'i-a';
  blocks.readFrom(instanceId, store);
  const disks = new DiskThreads({
    threads: 1,
    memory: memory.parts,
    find: blocks.find.bind(blocks),
    onFailedRead: () => {},
    onStuck: () => {},
    log: silentLog,
  });
  const socketPath = path.join(folder, 'nbd.sock');
  await disks.serve({
    instanceId,
    socketPath,
    exports: [{ root, sizeBytes }],
    connectionsMax: 8,
  });
  const faulty = path.join(folder, 'faulty.sock');
  const plugin = ['nbd', `socket=${socketPath}`, `export=${root}`];
  const argv = ['-f', '-r', '-U', faulty, `--filter=${filter}`, ...plugin, ...settings(folder)];
  const kit = spawn('nbdkit', argv, { stdio: 'ignore' });
  t.after(async () => {
    if (kit.exitCode === null) {
      kit.kill('SIGKILL');
      await once(kit, 'exit');
    }
    await disks.close();
    await rm(folder, { recursive: true });
  });
  while (!existsSync(faulty)) {
    assert.equal(kit.exitCode, null, 'nbdkit did not start');
    await sleep(20);
  }
  return { folder, url: `nbd+unix:///?socket=${faulty}` };
}

/** Reads each block, compared with what is in it: what qemu-io says of each. */
async function readAll(url: string): Promise<string[]> {
  const commands = Array.from({ length: blockCount }, (_, i) => [
    '-c',
    `read -P ${i + 1} ${i * blockSizeBytes} ${blockSizeBytes}`,
  ]).flat();
  const { stdout } = await run('qemu-io', ['-r', '-f', 'raw', ...commands, url]).catch(
    (error: { stdout: string }) => error,
  );
  return stdout.split('\n').filter((line) => /^read|failed/i.test(line));
}

const isRead = (line: string) => line.startsWith(`read ${blockSizeBytes}/${blockSizeBytes}`);
const isRefused = (line: string) => /^read failed: Input\/output error$/.test(line);

test('while reads fail each is an error or the right bytes, and all are right when it ends', async (t) => {
  const trigger = (folder: string) => path.join(folder, 'inject');
  const { folder, url } = await serveBehind(t, 'error', (folder) => [
    'error=EIO',
    'error-pread-rate=50%',
    `error-file=${trigger(folder)}`,
  ]);
  assert.ok((await readAll(url)).every(isRead));
  await writeFile(trigger(folder), '');
  let refused = 0;
  for (let round = 0; round < 100 && refused === 0; round++) {
    const lines = await readAll(url);
    assert.equal(lines.length, blockCount, `${lines}`);
    for (const line of lines) assert.ok(isRead(line) || isRefused(line), line);
    refused += lines.filter(isRefused).length;
  }
  assert.ok(refused > 0, 'reads failed meanwhile');
  await rm(trigger(folder));
  const after = await readAll(url);
  assert.equal(after.length, blockCount);
  assert.ok(after.every(isRead), `${after}`);
});

test('reads that are delayed are late, in any order, and right', async (t) => {
  const { url } = await serveBehind(t, 'delay', () => ['delay-read=50ms']);
  const lines = await readAll(url);
  assert.equal(lines.length, blockCount);
  assert.ok(lines.every(isRead), `${lines}`);
});
