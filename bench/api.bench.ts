/**
 * The API with 10,000 images and simulated machines, as a client on HTTP sees it: `bin/imago serve`
 * in a process of its own, signed requests on one kept connection. Wall is the median of the calls,
 * without the client's signing; CPU is what the kernel charged the server's process for each call,
 * with all its threads and the work that a launch leaves behind; RSS is the process's after those
 * calls (the lists come last, they need most).
 * Beside it: a bare node:http server that answers the same requests with the same bytes from
 * memory, in this run; and figures of moto 5.2 over raw HTTP with as many images, recorded once on
 * a machine of this kind. The goal is a tenth of moto's times, a twentieth by name, and at most
 * 120 MB.
 * Twice, each on a new home: Node compiles everything at a first start, and has it in its cache at
 * the second.
 *
 *   tools/node24 bench/api.bench.ts
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CredentialRow } from '../server/catalog/rows/account.ts';
import { Home } from '../server/foundations/home.ts';
import { fillCatalog, imageCount, imageId, imageName, region } from './catalog-of-images.ts';
import { median } from './figures.ts';
import { dataPlaneRssMb, type MeasuredServer, startBare, startImago } from './measured-server.ts';
import { type Parameters, signer } from './signed-calls.ts';

/** Milliseconds a call, and where a range was recorded its lower end; RSS after the same calls. */
const moto = { byId: 5.7, byName: 21, fullList: 4100, runInstances: 36, rssMb: 200 };

type Ask = (action: string, parameters: Parameters) => Promise<string>;

interface Case {
  name: string;
  motoMs: number;
  calls: number;
  /** How many images a call is to name in its answers. */
  images: number;
  call(ask: Ask, number: number): Promise<unknown>;
}

/** Goes through all images in no order. */
const some = (number: number) => (number * 4801) % imageCount;

const byName = (ask: Ask, name: string) =>
  ask('DescribeImages', { 'Filter.1.Name': 'name', 'Filter.1.Value.1': name });

async function byPages(ask: Ask): Promise<void> {
  for (let token: Parameters | undefined = {}; token; ) {
    const answer = await ask('DescribeImages', { MaxResults: '1000', ...token });
    const next = /<nextToken>([^<]+)/.exec(answer)?.[1];
    token = next === undefined ? undefined : { NextToken: next };
  }
}

const cases: Case[] = [
  {
    name: 'DescribeImages by id',
    motoMs: moto.byId,
    calls: 1000,
    images: 1,
    call: (ask, number) => ask('DescribeImages', { 'ImageId.1': imageId(some(number)) }),
  },
  {
    name: '... by name',
    motoMs: moto.byName,
    calls: 1000,
    images: 1,
    call: (ask, number) => byName(ask, imageName(some(number))),
  },
  {
    name: '... by name *web-server-1.2.207*',
    motoMs: moto.byName,
    calls: 500,
    images: 1,
    call: (ask) => byName(ask, '*web-server-1.2.207*'),
  },
  {
    name: '... by name team-07/web-*',
    motoMs: moto.byName,
    calls: 300,
    images: 50,
    call: (ask) => byName(ask, 'team-07/web-*'),
  },
  {
    name: 'RunInstances',
    motoMs: moto.runInstances,
    calls: 200,
    images: 1,
    call: (ask, number) =>
      ask('RunInstances', {
        ImageId: imageId(some(number)),
        InstanceType: 't3.micro',
        MinCount: '1',
        MaxCount: '1',
        ClientToken: crypto.randomUUID(),
      }),
  },
  {
    name: 'DescribeImages by pages',
    motoMs: moto.fullList,
    calls: 10,
    images: imageCount,
    call: byPages,
  },
  {
    name: '... without pages',
    motoMs: moto.fullList,
    calls: 10,
    images: imageCount,
    call: (ask) => ask('DescribeImages', {}),
  },
];

type Figures = Record<'wallMs' | 'cpuMs', number>;

/** `call` says how long it took. The first calls do not count: code is compiled in them. */
async function measure(
  server: MeasuredServer,
  calls: number,
  call: (number: number) => Promise<number>,
): Promise<Figures> {
  const walls: number[] = [];
  for (let number = 0; number < calls / 5; number++) await call(number);
  const beforeMs = await server.cpuMs();
  for (let number = 0; number < calls; number++) walls.push(await call(number));
  const cpuMs = ((await server.cpuMs()) - beforeMs) / calls;
  return { wallMs: median(walls), cpuMs };
}

async function compare(
  { call, calls, images }: Case,
  imago: MeasuredServer,
  bare: MeasuredServer,
  credential: CredentialRow,
): Promise<{ ours: Figures; limit: Figures }> {
  const sign = signer(credential, region, imago);
  let exchanges: { body: Buffer; headers: Record<string, string>; answer: Buffer }[] = [];
  const ours = await measure(imago, calls, async (number) => {
    let callMs = 0;
    exchanges = [];
    await call(async (action, parameters) => {
      const { body, headers } = await sign(action, parameters);
      const { answer, tookMs } = await imago.send('POST', body, headers);
      callMs += tookMs;
      exchanges.push({ body, headers, answer });
      return String(answer);
    }, number);
    return callMs;
  });
  const found = exchanges.map(({ answer }) => String(answer).split('<imageId>').length - 1);
  assert.equal(
    found.reduce((sum, each) => sum + each),
    images,
  );
  // Pages are all about as large as the first.
  await bare.send('PUT', exchanges[0]?.answer as Buffer);
  const limit = await measure(bare, calls, async () => {
    let callMs = 0;
    for (const { body, headers } of exchanges) {
      callMs += (await bare.send('POST', body, headers)).tookMs;
    }
    return callMs;
  });
  return { ours, limit };
}

function row(...cells: (string | number)[]): void {
  console.log(
    cells
      .map((cell) => (typeof cell === 'number' ? cell.toFixed(cell < 10 ? 2 : 0) : cell))
      .map((cell, index) => (index === 0 ? cell.padEnd(36) : cell.padStart(11)))
      .join(''),
  );
}

async function run(title: string, folder: string, compileCache: string): Promise<void> {
  const home = new Home(folder);
  const credential = await fillCatalog(home);
  const [imago, bare] = [await startImago(home, compileCache), await startBare()];
  console.log(`\n${title}: RSS ${imago.memoryMb('VmRSS').toFixed(0)} MB when it is ready`);
  row('milliseconds a call', 'wall', 'CPU', 'bare wall', 'bare CPU', 'x bare', 'moto x', 'RSS MB');
  for (const each of cases) {
    const { ours, limit } = await compare(each, imago, bare, credential);
    const ratios = [ours.wallMs / limit.wallMs, each.motoMs / ours.wallMs];
    const figures = [ours.wallMs, ours.cpuMs, limit.wallMs, limit.cpuMs, ...ratios];
    row(each.name, ...figures, imago.memoryMb('VmRSS'));
  }
  console.log(`peak RSS ${imago.memoryMb('VmHWM').toFixed(0)} MB; moto ${moto.rssMb} MB`);
  await imago.stop();
  await bare.stop();
}

const folder = mkdtempSync(path.join(tmpdir(), 'iba-'));
try {
  for (const title of ['first start', 'second start']) {
    const home = mkdtempSync(path.join(folder, 'home-'));
    await run(title, home, path.join(folder, 'compiled'));
  }
  console.log(`data plane without guests: RSS ${(await dataPlaneRssMb(folder)).toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}
