/**
 * A push to another Imago: what goes over the line, both ways, beside what has changed, raw and as
 * Zstandard makes it; and how fast it is beside plain PUTs of the same blocks to a server that
 * throws them away, in the same run. The second Imago is a process of its own, and the line between
 * is counted byte by byte. Reading back is a part of a push, and is told on its own, as are the
 * blocks that a second snapshot has in common with the first. Each is then fetched again.
 *
 *   tools/node24 bench/push.bench.ts [changed blocks]
 */
import { type AddressInfo, createServer, connect as dial, type Server } from 'node:net';
import { zstdCompressSync } from 'node:zlib';
import { blockSizeBytes } from '../server/blocks/block-store.ts';
import { storeBlock, storeMap } from '../server/blocks/test-blocks.ts';
import { snapshot } from '../server/catalog/test-rows.ts';
import { gibBytes } from '../server/foundations/sizes.ts';
import { createRemote } from '../server/operations/imago/CreateRemote.ts';
import { TestImago } from '../server/tasks/test-imago.ts';
import { pull, push } from '../test/support/far-end.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { blockSigner, putHeaders, realBlocks, secondsOf, startBareBlocks } from './block-client.ts';
import { load, ratio, spread } from './figures.ts';

const changed = Number(process.argv[2] ?? 120);
const rounds = 3;
const connections = 8;
const volumeSizeGiB = 4;

/** Passes on, and counts. */
class Line implements Disposable {
  readonly #server: Server;
  sent = 0;
  received = 0;

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = dial(port, '127.0.0.1');
      near.on('data', (bytes) => {
        this.sent += bytes.length;
      });
      far.on('data', (bytes) => {
        this.received += bytes.length;
      });
      near.pipe(far).pipe(near);
      for (const end of [near, far]) end.on('error', () => near.destroy() && far.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }
}

async function snapshotOf(imago: TestImago, number: number, blocks: readonly Buffer[]) {
  const changes = new Map<number, string>();
  for (const [index, block] of blocks.entries()) {
    changes.set(index, await storeBlock(imago.blocks, block));
  }
  const sizeBytes = volumeSizeGiB * gibBytes;
  const { root, fullSizeBytes } = await storeMap(imago.blocks, { sizeBytes, changes });
  const { account, region } = imago.caller;
  const about = { account, region, volumeId: 'vol-1', volumeSizeGiB, root, fullSizeBytes };
  const row = snapshot(`snap-${String(number).padStart(17, '0')}`, about);
  await imago.catalog.write(({ snapshots }) => snapshots.insert(row));
  return row.id;
}

const far = await ImagoProcess.start({ hypervisor: 'simulated' });
const bare = await startBareBlocks();
try {
  await using imago = await TestImago.start();
  using line = new Line(Number(new URL(far.endpoint).port));
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = far.credentials;
  const place = { Name: 'far', Endpoint: await line.listen(), Region: 'us-east-1' };
  const key = { AccessKeyId, SecretAccessKey };
  const { RemoteId } = await imago.call(createRemote, { ...place, ...key });
  const all = await realBlocks(changed * (rounds + 2));
  const current = all.slice(0, 2 * changed);
  await push(imago, RemoteId, await snapshotOf(imago, 1, current));
  const [ours, plain, up, down, fetched]: number[][] = [[], [], [], [], []];
  const compressed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const blocks = all.slice((round + 2) * changed, (round + 3) * changed);
    if (blocks.length < changed) throw new Error('this host has too few files for so many blocks');
    current.splice(0, changed, ...blocks);
    compressed.push(blocks.reduce((sum, block) => sum + zstdCompressSync(block).length, 0));
    const id = await snapshotOf(imago, round + 2, current);
    [line.sent, line.received] = [0, 0];
    const beganMs = performance.now();
    const sent = await push(imago, RemoteId, id);
    if (sent.State !== 'completed') throw new Error(sent.Message);
    ours?.push((performance.now() - beganMs) / 1000);
    up?.push(line.sent);
    down?.push(line.received);
    // Gone here, it is fetched over the one before.
    await imago.catalog.write(({ snapshots }) => snapshots.delete(id));
    line.received = 0;
    const back = await pull(imago, RemoteId, sent.MadeId ?? '');
    if (back.State !== 'completed') throw new Error(back.Message);
    fetched?.push(line.received);
    const credential = { id: AccessKeyId, secretAccessKey: SecretAccessKey };
    const sign = blockSigner(credential as Parameters<typeof blockSigner>[0], bare.port);
    const puts = await Promise.all(
      blocks.map((body, i) => sign('PUT', `/${i}`, { headers: putHeaders(body), body })),
    );
    plain?.push(await secondsOf(bare.port, puts, connections));
  }
  const raw = Array.from({ length: rounds }, () => changed * blockSizeBytes);
  const mib = (raw[0] ?? 0) / 1024 ** 2;
  console.log(`\n${mib} MiB changed of ${2 * mib} MiB, ${rounds} rounds, ${load()}\n`);
  console.log(`sent / changed                  ${ratio(up ?? [], raw)}`);
  console.log(`sent / changed, compressed      ${ratio(up ?? [], compressed)}   goal 1.10x`);
  console.log(`read back / changed             ${ratio(down ?? [], raw)}`);
  console.log(`read back / changed, compressed ${ratio(down ?? [], compressed)}`);
  console.log(`pulled / changed, compressed    ${ratio(fetched ?? [], compressed)}   goal 1.10x`);
  console.log(`push with reading back          ${spread(ours ?? [], 's', 2)}`);
  console.log(`plain PUTs to a sink            ${spread(plain ?? [], 's', 2)}`);
  console.log(`push / plain PUTs               ${ratio(ours ?? [], plain ?? [])}`);
} finally {
  bare.child.kill();
  await far.dispose();
}
