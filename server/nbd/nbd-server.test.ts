import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import type { Disk } from '../disk/disk.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { createNbdServer, type NbdServer } from './nbd-server.ts';
import * as nbd from './protocol.ts';
import { encodeRequest, RawClient } from './raw-client.ts';

const run = promisify(execFile);
const kib = 1024;
const mib = 1024 ** 2;

const exportName = 'snapshot';
const store = new MemoryBlockStore();
/** 20 MiB: data, zeros, data; each 4 KiB of data tells where it is. */
const content = Buffer.alloc(20 * mib);
const errors: unknown[] = [];

let folder = '';
let socketPath = '';
let server: NbdServer;
let brokenDigest = '';
/** Of the export that is called so. */
let reads = 0;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nbd-'));
  socketPath = path.join(folder, 'nbd.sock');
  for (let at = 0; at < content.length; at += 4 * kib) {
    const hole = at >= 4 * mib && at < 12 * mib;
    if (!hole) content.fill(`at ${at} `, at, at + 4 * kib);
  }
  const changes = new Map<number, string | null>();
  for (let i = 0; i < content.length / blockSizeBytes; i++) {
    const block = content.subarray(i * blockSizeBytes, (i + 1) * blockSizeBytes);
    if (block[0] !== 0) changes.set(i, await storeBlock(store, Buffer.from(block)));
  }
  const { root } = await storeMap(store, { sizeBytes: content.length, changes });
  // The same with one block that is gone.
  brokenDigest = await storeBlock(store, Buffer.from('soon gone'));
  changes.set(0, brokenDigest);
  const broken = (await storeMap(store, { sizeBytes: content.length, changes })).root;
  store.lose(brokenDigest);

  // Small enough that the tests read both from memory and from the store.
  const reader = new CachedBlockReader(store, { capacityBytes: 8 * mib });
  const snapshot = await openSnapshotDisk(reader, root);
  const counted: Disk = {
    sizeBytes: snapshot.sizeBytes,
    pread: (offset, length) => {
      reads++;
      return snapshot.pread(offset, length);
    },
    close: async () => {},
  };
  const disks = new Map<string, Disk>([
    [exportName, snapshot],
    ['counted', counted],
    ['broken', await openSnapshotDisk(reader, broken)],
  ]);
  server = createNbdServer({
    lookup: async (name) => disks.get(name),
    list: () => [...disks.keys()],
    onError: (error) => errors.push(error),
  });
  await server.listen(socketPath);
});

after(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const uri = (name = exportName) => `nbd+unix:///${name}?socket=${socketPath}`;

test('qemu-img copies the export bit by bit', async () => {
  const copy = path.join(folder, 'copy.raw');
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', uri(), copy]);
  assert.ok((await readFile(copy)).equals(content));
});

test('qemu-img sees the zeros without reading them', async () => {
  const { stdout } = await run('qemu-img', ['map', '--output=json', '-f', 'raw', uri()]);
  const extents = JSON.parse(stdout).map((extent: Record<string, unknown>) => [
    Number(extent.start) / mib,
    Number(extent.length) / mib,
    extent.zero,
  ]);
  assert.deepEqual(extents, [
    [0, 4, false],
    [4, 8, true],
    [12, 8, false],
  ]);
});

test('qemu-io reads any range, and cannot write', async () => {
  const pattern = (offset: number, length: number) => `read -v ${offset} ${length}`;
  for (const [offset, length] of [
    [0, 512],
    [blockSizeBytes - 512, 1024],
    [4 * mib - 512, 1024],
    [12 * mib - 512, 1024],
    [content.length - 512, 512],
  ] as const) {
    const { stdout } = await run('qemu-io', [
      '-r',
      '-f',
      'raw',
      '-c',
      pattern(offset, length),
      uri(),
    ]);
    const bytes = stdout.matchAll(/^[0-9a-f]{8,}: {2}((?:[0-9a-f]{2} ){1,16})/gm);
    const read = Buffer.from(
      [...bytes]
        .map((line) => line[1])
        .join('')
        .replaceAll(' ', ''),
      'hex',
    );
    assert.ok(read.equals(content.subarray(offset, offset + length)), `at ${offset}`);
  }
  await assert.rejects(
    run('qemu-io', ['-f', 'raw', '-c', 'write 0 512', uri()]),
    /read-only|permission/i,
  );
});

test('lists its exports, and refuses one that it does not have', async () => {
  const { stdout } = await run('qemu-nbd', ['--list', '--socket', socketPath]);
  assert.match(stdout, /exports available: 3/);
  assert.match(stdout, /export: 'snapshot'/);
  await assert.rejects(
    run('qemu-img', ['info', uri('other')]),
    /export 'other' not present|not available/,
  );
});

test('a block that is missing is EIO for its readers, and only for them', async () => {
  errors.length = 0;
  const read = (at: string) =>
    run('qemu-io', ['-r', '-f', 'raw', '-c', `read ${at} 4k`, uri('broken')]);
  await assert.rejects(read('0'), ({ stdout }) => /Input\/output error/.test(stdout));
  assert.match(String(errors[0]), new RegExp(brokenDigest));
  assert.match((await read('1M')).stdout, /read 4096\/4096/);
});

test('answers many requests that arrive in any pieces, each under its handle', async () => {
  const client = await RawClient.transmission(socketPath, exportName);
  const requests = Array.from({ length: 200 }, (_, i) => ({
    handle: BigInt(i),
    offset: (i * 7919 * 512) % (content.length - 64 * kib),
    length: 1 + ((i * 331) % (64 * kib)),
  }));
  const bytes = Buffer.concat(
    requests.map(({ handle, offset, length }) =>
      encodeRequest({ command: nbd.NBD_CMD_READ, offset, length, handle }),
    ),
  );
  for (let at = 0; at < bytes.length; at += 45) {
    client.socket.write(bytes.subarray(at, at + 45));
    if (at % 450 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const answered = new Set<bigint>();
  for (const _ of requests) {
    const { error, handle } = await client.simpleReply();
    const { offset, length } = requests[Number(handle)] as (typeof requests)[number];
    assert.equal(error, 0);
    assert.ok((await client.take(length)).equals(content.subarray(offset, offset + length)));
    answered.add(handle);
  }
  assert.equal(answered.size, requests.length);
  client.request(nbd.NBD_CMD_DISC, 0, 0);
  await client.closed();
});

test('refuses what a read-only export cannot do, and goes on', async () => {
  const client = await RawClient.transmission(socketPath, exportName);
  const refused: [number, number, number, number][] = [
    [nbd.NBD_CMD_READ, content.length - 1, 2, nbd.NBD_EINVAL],
    [nbd.NBD_CMD_READ, 2 ** 60, 512, nbd.NBD_EINVAL],
    [nbd.NBD_CMD_READ, 0, 0, nbd.NBD_EINVAL],
    [nbd.NBD_CMD_READ, 0, 33 * mib, nbd.NBD_EOVERFLOW],
    [nbd.NBD_CMD_TRIM, 0, 512, nbd.NBD_EPERM],
    [nbd.NBD_CMD_WRITE_ZEROES, 0, 512, nbd.NBD_EPERM],
    [nbd.NBD_CMD_BLOCK_STATUS, 0, 512, nbd.NBD_EINVAL],
    [99, 0, 512, nbd.NBD_EINVAL],
  ];
  for (const [command, offset, length, error] of refused) {
    client.request(command, offset, length);
    assert.deepEqual(await client.simpleReply(), { error, handle: 1n });
  }
  client.request(nbd.NBD_CMD_READ, 0, 512, 2n, 1 << 5);
  assert.deepEqual(await client.simpleReply(), { error: nbd.NBD_EINVAL, handle: 2n });
  client.request(nbd.NBD_CMD_WRITE, 0, 100_000, 3n);
  client.socket.write(Buffer.alloc(100_000, 0x25));
  assert.deepEqual(await client.simpleReply(), { error: nbd.NBD_EPERM, handle: 3n });
  client.request(nbd.NBD_CMD_READ, 0, 512, 4n);
  assert.deepEqual(await client.simpleReply(), { error: 0, handle: 4n });
  assert.ok((await client.take(512)).equals(content.subarray(0, 512)));
  client.socket.destroy();
});

test('cuts off a client that breaks the protocol', async () => {
  errors.length = 0;
  const breaches: (() => Promise<RawClient>)[] = [
    () => RawClient.greeted(socketPath, 0xffff),
    async () => {
      const client = await RawClient.greeted(socketPath);
      client.socket.write(Buffer.alloc(16, 0xaa));
      return client;
    },
    async () => {
      const client = await RawClient.greeted(socketPath);
      const header = Buffer.alloc(16);
      header.writeBigUInt64BE(nbd.IHAVEOPT, 0);
      header.writeUInt32BE(nbd.NBD_OPT_GO, 8);
      header.writeUInt32BE(0xffff_ffff, 12);
      client.socket.write(header);
      return client;
    },
    async () => {
      const client = await RawClient.greeted(socketPath);
      client.option(nbd.NBD_OPT_EXPORT_NAME, Buffer.from('other'));
      return client;
    },
    async () => {
      const client = await RawClient.greeted(socketPath);
      for (let i = 0; i < 100; i++) client.option(nbd.NBD_OPT_LIST);
      return client;
    },
    async () => {
      const client = await RawClient.transmission(socketPath, exportName);
      client.socket.write(Buffer.alloc(28, 0xaa));
      return client;
    },
    async () => {
      const client = await RawClient.transmission(socketPath, exportName);
      client.request(nbd.NBD_CMD_WRITE, 0, 0xffff_ffff);
      return client;
    },
  ];
  for (const breach of breaches) await (await breach()).closed();
  assert.equal(errors.length, breaches.length);
});

test('answers malformed options with an error, and goes on', async () => {
  const client = await RawClient.greeted(socketPath);
  const malformed: [number, Buffer][] = [
    [nbd.NBD_OPT_GO, Buffer.alloc(0)],
    [nbd.NBD_OPT_GO, Buffer.from([0xff, 0xff, 0xff, 0xff, 0])],
    [nbd.NBD_OPT_GO, Buffer.from([0, 0, 0, 1, 0x78, 0, 9])],
    [nbd.NBD_OPT_LIST, Buffer.from('x')],
    [nbd.NBD_OPT_STRUCTURED_REPLY, Buffer.from('x')],
    [nbd.NBD_OPT_SET_META_CONTEXT, Buffer.from([0, 0, 0, 1, 0x78, 0, 0, 0, 9])],
  ];
  for (const [option, data] of malformed) {
    client.option(option, data);
    assert.equal((await client.optionReply()).type, nbd.NBD_REP_ERR_INVALID);
  }
  client.option(77);
  assert.equal((await client.optionReply()).type, nbd.NBD_REP_ERR_UNSUP);
  client.option(nbd.NBD_OPT_ABORT);
  assert.equal((await client.optionReply()).type, nbd.NBD_REP_ACK);
  await client.closed();
});

test('the death of clients in the middle of their requests disturbs no other', async () => {
  const steady = await RawClient.transmission(socketPath, exportName);
  for (let i = 0; i < 20; i++) {
    const client = await RawClient.transmission(socketPath, exportName);
    for (let n = 0; n < 40; n++) client.request(nbd.NBD_CMD_READ, (n % 20) * mib, mib, BigInt(n));
    await client.take(1);
    client.socket.destroy();
  }
  steady.request(nbd.NBD_CMD_READ, mib, mib);
  assert.equal((await steady.simpleReply()).error, 0);
  assert.ok((await steady.take(mib)).equals(content.subarray(mib, 2 * mib)));
  steady.socket.destroy();
});

test('a client that does not read is not read for either, and gets everything in the end', async () => {
  const client = await RawClient.transmission(socketPath, 'counted');
  reads = 0;
  client.socket.pause();
  const count = 100;
  const length = 4 * mib;
  for (let n = 0; n < count; n++) client.request(nbd.NBD_CMD_READ, 0, length, BigInt(n));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(reads > 0 && reads < 30, `${reads} reads for a client that takes nothing`);
  client.socket.removeAllListeners('data');
  let received = 0;
  client.socket.on('data', (chunk) => {
    received += chunk.length;
    if (received === count * (16 + length)) client.socket.destroy();
  });
  client.socket.resume();
  await client.closed();
  assert.equal(received, count * (16 + length));
  assert.equal(reads, count);
});
