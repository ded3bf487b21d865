/**
 * The EBS direct APIs against what the machine can do at most with the same blocks in the same run.
 * `bin/imago serve` is a process of its own; a client that costs next to nothing sends signed
 * requests in the official format on 64 kept connections (16 to read), and what it costs is in
 * all figures alike. Bare are: SHA-256 and Zstandard of the same blocks on all processors
 * ("codec"), the same bytes to and from a node:http server that does nothing with them ("http"),
 * and both one after the other ("both"), which is what Imago can be at most where the processors
 * are busy all the time. CPU is the server's, with all its threads: that of a loaded host tells more
 * than its rates, and what its processors could do at most if they did nothing else is told of it.
 * Each is told as a ratio to its goal: 500 MB/s put, 800 MB/s got, 20 ms for ListChangedBlocks, and
 * 150 MB of memory whatever the load.
 *
 *   tools/node24 bench/ebs-direct.bench.ts [blocks]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import {
  type LeafChanges,
  writeBlockMap,
  writeBlockMapByLeaves,
} from '../server/blocks/block-map.ts';
import { blockSizeBytes, type Digest, digestOf } from '../server/blocks/block-store.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { blocksPerLeaf } from '../server/blocks/map-pages.ts';
import type { CredentialRow } from '../server/catalog/rows/account.ts';
import { openSqliteCatalog } from '../server/catalog/sqlite/sqlite-catalog.ts';
import { snapshot } from '../server/catalog/test-rows.ts';
import { ensureFirstAccount } from '../server/domain/first-account.ts';
import { randomIds, systemClock } from '../server/domain/identity.ts';
import { Home } from '../server/foundations/home.ts';
import {
  answerTo,
  blockSigner,
  putHeaders,
  randomBlocks,
  realBlocks,
  type SignedRequest,
  secondsOf,
  startBareBlocks,
} from './block-client.ts';
import { load, median } from './figures.ts';
import { type MeasuredServer, startImago } from './measured-server.ts';
import { bareSeconds } from './store/bare.ts';

const count = Number(process.argv[2] ?? 800);
const writers = 64;
const readers = 16;
const rounds = 3;
const region = 'us-east-1';
const tebibyte = 1024 ** 4;
const ids = { first: 'snap-00000000000000001', near: 'snap-00000000000000002' };
const far = 'snap-00000000000000003';
const goals = { put: 500, get: 800, memoryMb: 150 };
type Sign = ReturnType<typeof blockSigner>;

const leaves = tebibyte / blockSizeBytes / blocksPerLeaf;

/** Of a map of a TiB without a zero block, or with these blocks changed in another. */
async function storeTebibyte(
  store: FsBlockStore,
  over?: { base: Digest; indexes: readonly number[] },
): Promise<Digest> {
  await using writer = store.begin();
  const digest = (text: string) => digestOf(Buffer.from(text));
  const sizeBytes = tebibyte;
  const written = over
    ? writeBlockMap(writer, {
        sizeBytes,
        base: over.base,
        changes: new Map(over.indexes.map((index) => [index, digest(`changed ${index}`)])),
      })
    : writeBlockMapByLeaves(writer, { sizeBytes }, allLeaves(digest));
  const { root } = await written;
  await writer.commit();
  return root;
}

function* allLeaves(digest: (text: string) => Digest): Generator<LeafChanges> {
  for (let leaf = 0; leaf < leaves; leaf++) {
    const blocks = Array.from({ length: blocksPerLeaf }, (_, i) => i);
    yield [leaf, blocks.map((i) => [i, digest(`${leaf} ${i}`)] as const)];
  }
}

async function prepare(home: Home): Promise<CredentialRow> {
  mkdirSync(home.folder, { recursive: true });
  const catalog = await openSqliteCatalog(home.catalogFile);
  const site = { regions: [region], simulated: true, hostId: 'h-1', zones: 1 };
  const place = { ...site, publicNetwork: '127.37.0.0/16', memoryOvercommit: 1 };
  const identity = { site: place, clock: systemClock, ids: randomIds };
  const credential = await ensureFirstAccount(catalog, identity);
  const store = await FsBlockStore.open(home.blocksFolder);
  const base = await storeTebibyte(store);
  const near = Array.from({ length: 100 }, (_, i) => 1000 + i);
  const spread = near.map((_, i) => i * 20_971);
  const roots = {
    [ids.first]: base,
    [ids.near]: await storeTebibyte(store, { base, indexes: near }),
    [far]: await storeTebibyte(store, { base, indexes: spread }),
  };
  await store.close();
  await catalog.write(async ({ snapshots }) => {
    for (const [id, root] of Object.entries(roots)) {
      const { account } = credential;
      await snapshots.insert(snapshot(id, { account, region, root, volumeSizeGiB: 1024 }));
    }
  });
  await catalog.close();
  return credential;
}

async function json(server: MeasuredServer, request: SignedRequest) {
  return JSON.parse(String(await answerTo(server.port, request)));
}

async function begin(server: MeasuredServer, sign: Sign): Promise<string> {
  const body = Buffer.from(JSON.stringify({ VolumeSize: 64, Timeout: 60 }));
  const headers = { 'content-type': 'application/json' };
  return (await json(server, await sign('POST', '/snapshots', { headers, body }))).SnapshotId;
}

function putsOf(sign: Sign, id: string, blocks: readonly Buffer[]): Promise<SignedRequest[]> {
  return Promise.all(
    blocks.map((body, index) =>
      sign('PUT', `/snapshots/${id}/blocks/${index}`, { headers: putHeaders(body), body }),
    ),
  );
}

async function getsOf(server: MeasuredServer, sign: Sign, id: string): Promise<SignedRequest[]> {
  const listed = await json(server, await sign('GET', `/snapshots/${id}/blocks`));
  return Promise.all(
    listed.Blocks.map((each: { BlockIndex: number; BlockToken: string }) =>
      sign('GET', `/snapshots/${id}/blocks/${each.BlockIndex}`, {
        query: { blockToken: each.BlockToken },
      }),
    ),
  );
}

/** SHA-256 and Zstandard alone, on all processors. */
async function codecSeconds(blocks: readonly Buffer[]) {
  const bytes = new SharedArrayBuffer(blocks.length * blockSizeBytes);
  const all = Buffer.from(bytes);
  for (const [index, block] of blocks.entries()) block.copy(all, index * blockSizeBytes);
  return bareSeconds({ kind: 'ingest', bytes });
}

/** How long rounds took, and what the server's processors had to do for them. */
class Calls {
  readonly #server: MeasuredServer;
  readonly #seconds: number[] = [];
  readonly #cpuMs: number[] = [];

  constructor(server: MeasuredServer) {
    this.#server = server;
  }

  async time(work: () => Promise<number>): Promise<void> {
    const beforeMs = await this.#server.cpuMs();
    this.#seconds.push(await work());
    this.#cpuMs.push((await this.#server.cpuMs()) - beforeMs);
  }

  get seconds(): number {
    return median(this.#seconds);
  }

  get cpuMs(): number {
    return median(this.#cpuMs);
  }
}

interface Row {
  name: string;
  calls: Calls;
  limits: Record<string, number>;
  goalMbPerSecond: number;
  blocks: number;
}

function row({ name, calls, limits, goalMbPerSecond: goal, blocks }: Row): void {
  const { seconds, cpuMs } = calls;
  const rate = (time: number) => ((blocks * blockSizeBytes) / 1e6 / time).toFixed(0);
  const told = Object.entries(limits).map(
    ([limit, bare]) => `${(bare / seconds).toFixed(2)} of ${limit} (${rate(bare)})`,
  );
  const busy = Number(rate(cpuMs / 1000 / availableParallelism()));
  const cpu = `${(cpuMs / blocks).toFixed(2)} ms CPU a block (${(busy / goal).toFixed(2)} of the goal on all processors)`;
  const ofGoal = `${(Number(rate(seconds)) / goal).toFixed(2)} of ${goal}`;
  const limited = told.join(', ');
  console.log(
    `${name.padEnd(20)} ${rate(seconds).padStart(5)} MB/s, ${ofGoal}   ${limited}; ${cpu}`,
  );
}

async function throughput(server: MeasuredServer, sign: Sign, name: string, blocks: Buffer[]) {
  const bare = await startBareBlocks();
  const times: Record<string, number[]> = { codec: [], in: [], out: [] };
  const imago = { put: new Calls(server), again: new Calls(server), get: new Calls(server) };
  for (let round = 0; round < rounds; round++) {
    // Each round has blocks that the store does not have.
    for (const block of blocks) block.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), 8);
    const id = await begin(server, sign);
    const puts = await putsOf(sign, id, blocks);
    await imago.put.time(() => secondsOf(server.port, puts, writers));
    await imago.again.time(() => secondsOf(server.port, puts, writers));
    times.in?.push(await secondsOf(bare.port, puts, writers));
    times.codec?.push(await codecSeconds(blocks));
    const headers = { 'x-amz-changedblockscount': String(blocks.length) };
    await answerTo(server.port, await sign('POST', `/snapshots/completion/${id}`, { headers }));
    const gets = await getsOf(server, sign, id);
    await imago.get.time(() => secondsOf(server.port, gets, readers));
    times.out?.push(await secondsOf(bare.port, gets, readers));
  }
  bare.child.kill();
  const of = (key: string) => median(times[key] ?? []);
  const codec = of('codec');
  const http = of('in');
  const put = { goalMbPerSecond: goals.put, blocks: blocks.length };
  const limits = { codec, http, both: codec + http };
  row({ ...put, name: `put, ${name}`, calls: imago.put, limits });
  row({ ...put, name: `put again, ${name}`, calls: imago.again, limits: { http } });
  const get = { goalMbPerSecond: goals.get, blocks: blocks.length };
  row({ ...get, name: `get, ${name}`, calls: imago.get, limits: { http: of('out') } });
}

async function changes(server: MeasuredServer, sign: Sign, name: string, second: string) {
  const ask = async (pageToken?: string) => {
    const query = { firstSnapshotId: ids.first, ...(pageToken && { pageToken }) };
    return json(server, await sign('GET', `/snapshots/${second}/changedblocks`, { query }));
  };
  // What runs for the first time is compiled first.
  for (let call = 0; call < 20; call++) await ask();
  const calls = new Calls(server);
  let [pages, changed] = [0, 0];
  await calls.time(async () => {
    for (let round = 0; round < rounds; round++) {
      for (let token: string | undefined, more = true; more; more = token !== undefined) {
        const page = await ask(token);
        changed += page.ChangedBlocks.length;
        token = page.NextToken;
        pages++;
      }
    }
    return 0;
  });
  console.log(
    `ListChangedBlocks of 1 TiB, ${changed / rounds} changed ${name}: ${pages / rounds} pages, ${(calls.cpuMs / pages).toFixed(1)} ms CPU each`,
  );
}

const folder = mkdtempSync(path.join(tmpdir(), 'ibe-'));
try {
  const home = new Home(path.join(folder, 'home'));
  const credential = await prepare(home);
  const server = await startImago(home, path.join(folder, 'compiled'));
  const sign = blockSigner(credential, server.port);
  console.log(`${count} blocks a round, ${writers} writers, ${readers} readers; ${load()}`);
  const idle = server.memoryMb('VmRSS');
  await changes(server, sign, 'side by side', ids.near);
  await changes(server, sign, 'spread evenly', far);
  await throughput(server, sign, 'real', await realBlocks(count));
  await throughput(server, sign, 'random', randomBlocks(count));
  const [now, most] = [server.memoryMb('VmRSS'), server.memoryMb('VmHWM')];
  console.log(
    `RSS ${idle.toFixed(0)} MB before, ${now.toFixed(0)} now, at most ${most.toFixed(0)}: ${(most / goals.memoryMb).toFixed(2)} of the ${goals.memoryMb} that it may have; ${load()}`,
  );
  await server.stop();
} finally {
  rmSync(folder, { recursive: true });
}
