/**
 * What an account pays for what others have: the same requests of an account with 1,000 images
 * beside 9 such accounts and beside 99 (with --full: 999, a million images), on two servers that
 * take turns. Of each kind: CPU of the server for a call in both, their ratio (goal: 1.5 by id),
 * the least of what the client has waited beside many (goal: a first page within 50 ms), and for
 * how long the event loop was held at most there (goal: 50 ms). At the end the memory of the server
 * beside many (goal: 150 MB). With --postgres the catalogs are in a PostgreSQL server of its own.
 *
 *   tools/node24 bench/scale.bench.ts [--full] [--postgres]
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TestPostgres } from '../server/catalog/postgres/test-server.ts';
import { Home } from '../server/foundations/home.ts';
import { openCatalog } from '../server/open-catalog.ts';
import { accountId, fillAccounts } from './catalog-of-accounts.ts';
import { imageId, imageName, region, snapshotId } from './catalog-of-images.ts';
import { load, median } from './figures.ts';
import type { Held } from './held-server.ts';
import { type Parameters, signer } from './signed-calls.ts';

const fewImages = 10_000;
const manyImages = process.argv.includes('--full') ? 1_000_000 : 100_000;
const rounds = 9;
const goals = { byIdRatio: 1.5, firstPageMs: 50, holdMs: 50, rssMb: 150 };
const agent = new Agent({ keepAlive: true });

const filter = (name: string, value: string, more: Parameters = {}): Parameters => ({
  'Filter.1.Name': name,
  'Filter.1.Value.1': value,
  MaxResults: '100',
  ...more,
});
const owner = (value: string, more: Parameters = {}): Parameters => ({
  'Owner.1': value,
  MaxResults: '100',
  ...more,
});
const page = (more: Parameters = {}): Parameters => ({ MaxResults: '100', ...more });
const other = accountId(5, '');

type Kind = [name: string, action: string, parameters: Parameters, calls?: number];

/** Of images whose names, tags and states many others have, too. */
const kinds: Kind[] = [
  ['image by id', 'DescribeImages', { 'ImageId.1': imageId(7) }, 100],
  ['images: first page', 'DescribeImages', page()],
  ['images: own', 'DescribeImages', owner('self')],
  ['images: own, 1000', 'DescribeImages', owner('self', { MaxResults: '1000' })],
  ['images: of amazon', 'DescribeImages', owner('amazon')],
  ['images: of another', 'DescribeImages', owner(other)],
  ['images: own and of amazon', 'DescribeImages', owner('self', { 'Owner.2': 'amazon' })],
  ['images: shared with me', 'DescribeImages', page({ 'ExecutableBy.1': 'self' })],
  ['images: public', 'DescribeImages', page({ 'ExecutableBy.1': 'all' })],
  ['images: owner-id', 'DescribeImages', filter('owner-id', other)],
  ['images: owner-alias', 'DescribeImages', filter('owner-alias', 'amazon')],
  ['images: is-public', 'DescribeImages', filter('is-public', 'true')],
  ['images: not public', 'DescribeImages', filter('is-public', 'false')],
  ['images: name', 'DescribeImages', filter('name', imageName(7))],
  ['images: name of own', 'DescribeImages', owner('self', filter('name', imageName(7)))],
  ['images: name begins', 'DescribeImages', filter('name', 'team-07/web-*')],
  ['images: part of a name', 'DescribeImages', filter('name', '*web-server-1.0.207*')],
  ['images: part, own', 'DescribeImages', owner('self', filter('name', '*web-server-1.0.207*'))],
  ['images: part, of amazon', 'DescribeImages', owner('amazon', filter('name', '*-amd64-*'))],
  ['images: no such name', 'DescribeImages', filter('name', '*no-such*')],
  ['images: state', 'DescribeImages', filter('state', 'failed')],
  ['images: available', 'DescribeImages', filter('state', 'available')],
  ['images: tag', 'DescribeImages', filter('tag:Name', imageName(7))],
  ['images: tag of many', 'DescribeImages', filter('tag:Team', 'team-7')],
  ['images: part of a tag', 'DescribeImages', filter('tag:Name', '*web-server-1.0.207*')],
  ['images: tag-key', 'DescribeImages', filter('tag-key', 'Team')],
  ['images: tag-value', 'DescribeImages', filter('tag-value', 'no such')],
  ['images: snapshot', 'DescribeImages', filter('block-device-mapping.snapshot-id', snapshotId(7))],
  ['images: description', 'DescribeImages', filter('description', 'no*such')],
  ['images: creation-date', 'DescribeImages', filter('creation-date', '1999*')],
  ['images: all', 'DescribeImages', {}],
  ['snapshot by id', 'DescribeSnapshots', { 'SnapshotId.1': snapshotId(7) }, 100],
  ['snapshots: first page', 'DescribeSnapshots', page()],
  ['snapshots: own', 'DescribeSnapshots', owner('self')],
  ['snapshots: of another', 'DescribeSnapshots', owner(other)],
  ['snapshots: of amazon', 'DescribeSnapshots', owner('amazon')],
  ['snapshots: for me', 'DescribeSnapshots', page({ 'RestorableBy.1': 'self' })],
  ['snapshots: public', 'DescribeSnapshots', page({ 'RestorableBy.1': 'all' })],
  ['snapshots: status', 'DescribeSnapshots', filter('status', 'error')],
  ['snapshots: description', 'DescribeSnapshots', filter('description', 'no*such')],
  ['instances: first page', 'DescribeInstances', page()],
  ['instances: image', 'DescribeInstances', filter('image-id', imageId(10))],
  ['instances: state', 'DescribeInstances', filter('instance-state-name', 'running')],
  ['tags: first page', 'DescribeTags', page()],
  ['tags: key', 'DescribeTags', filter('key', 'Team')],
  ['tags: value', 'DescribeTags', filter('value', 'team-7')],
  ['tags: of a resource', 'DescribeTags', filter('resource-id', imageId(7))],
  ['DeleteSnapshot', 'DeleteSnapshot', { SnapshotId: snapshotId(7), DryRun: 'true' }],
  ['DeregisterImage', 'DeregisterImage', { ImageId: imageId(7), DryRun: 'true' }],
  [
    'RegisterImage',
    'RegisterImage',
    {
      Name: 'one-more',
      RootDeviceName: '/dev/xvda',
      'BlockDeviceMapping.1.DeviceName': '/dev/xvda',
      'BlockDeviceMapping.1.Ebs.SnapshotId': snapshotId(7),
      DryRun: 'true',
    },
  ],
  [
    'RunInstances',
    'RunInstances',
    { ImageId: imageId(7), MinCount: '1', MaxCount: '1', DryRun: 'true' },
  ],
];

class HeldServer {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #sign: ReturnType<typeof signer>;

  constructor(child: ChildProcess, port: number, sign: ReturnType<typeof signer>) {
    this.#child = child;
    this.#port = port;
    this.#sign = sign;
  }

  static async start(images: number, folder: string, postgres?: TestPostgres): Promise<HeldServer> {
    const home = new Home(mkdtempSync(path.join(folder, 'home-')));
    const url = await postgres?.schema(`images-${images}`);
    const catalog = await openCatalog(home, url === undefined ? undefined : { url });
    const credential = await fillAccounts(catalog, images);
    await catalog.close();
    // As the server does by itself after a while.
    await postgres?.query('ANALYZE');
    // The first start makes the accounts' networks, and compiles.
    const first = await startChild(home, url);
    await stopChild(first.child);
    const { child, port } = await startChild(home, url);
    return new HeldServer(child, port, signer(credential, region, { port }));
  }

  /** Milliseconds until the whole answer was there. */
  async call(action: string, parameters: Parameters): Promise<number> {
    const { body, headers } = await this.#sign(action, parameters);
    const to = { agent, host: '127.0.0.1', port: this.#port, method: 'POST', headers };
    const startedMs = performance.now();
    const [message] = await once(request(to).end(body), 'response');
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(message, 'end');
    const tookMs = performance.now() - startedMs;
    const done = message.statusCode === 200 || parameters.DryRun !== undefined;
    assert.ok(done, `${action}: ${Buffer.concat(chunks)}`);
    return tookMs;
  }

  async held(): Promise<Held> {
    const told = once(this.#child, 'message');
    this.#child.send('held');
    return (await told)[0];
  }

  rssMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  stop(): Promise<void> {
    return stopChild(this.#child);
  }
}

async function startChild(
  { folder }: Home,
  url: string | undefined,
): Promise<{ child: ChildProcess; port: number }> {
  const place = url === undefined ? [] : [url];
  const child = fork(new URL('held-server.ts', import.meta.url), [folder, region, ...place], {
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    // As bin/imago has it.
    execArgv: ['--max-semi-space-size=8'],
  });
  const [port] = await once(child, 'message');
  return { child, port };
}

async function stopChild(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

interface Round {
  cpuMs: number;
  waitedMs: number;
  heldMs: number;
}

async function round(server: HeldServer, [, action, parameters, calls = 1]: Kind): Promise<Round> {
  const before = await server.held();
  let waitedMs = Number.POSITIVE_INFINITY;
  for (let each = 0; each < calls; each++) {
    waitedMs = Math.min(waitedMs, await server.call(action, parameters));
  }
  const { cpuMs, mostMs } = await server.held();
  return { cpuMs: (cpuMs - before.cpuMs) / calls, waitedMs, heldMs: mostMs };
}

async function measure(few: HeldServer, many: HeldServer): Promise<void> {
  console.log(
    `\n${'CPU ms a call'.padEnd(28)}${fewImages.toLocaleString('en').padStart(10)}${manyImages.toLocaleString('en').padStart(11)}   ratio  waited  hold   (${load()})`,
  );
  const worst = { waitedMs: 0, heldMs: 0 };
  for (const kind of kinds) {
    const sides: [Round[], Round[]] = [[], []];
    for (let number = -1; number < rounds; number++) {
      for (const [side, server] of [few, many].entries()) {
        const made = await round(server, kind);
        if (number >= 0) sides[side]?.push(made);
      }
    }
    const [one, other] = sides.map((made) => median(made.map(({ cpuMs }) => cpuMs)));
    // A collection of garbage, and others on the host, come in one round or another.
    const least = (member: keyof Round) => Math.min(...sides[1].map((made) => made[member]));
    const [waitedMs, heldMs] = [least('waitedMs'), least('heldMs')];
    worst.waitedMs = kind[2].MaxResults ? Math.max(worst.waitedMs, waitedMs) : worst.waitedMs;
    worst.heldMs = Math.max(worst.heldMs, heldMs);
    const figures = [one, other, (other ?? 0) / (one ?? 1), waitedMs, heldMs];
    console.log(
      `  ${kind[0].padEnd(28)}${figures.map((value) => value?.toFixed(2).padStart(8)).join('')}`,
    );
  }
  const rssMb = many.rssMb();
  console.log(`  first page ${worst.waitedMs.toFixed(0)} ms at most; goal ${goals.firstPageMs}`);
  console.log(`  hold ${worst.heldMs.toFixed(0)} ms at most; goal ${goals.holdMs}`);
  console.log(
    `  RSS ${rssMb.toFixed(0)} MB; goal ${goals.rssMb}; by id at most ${goals.byIdRatio}`,
  );
}

const folder = mkdtempSync(path.join(tmpdir(), 'ibs-'));
const inPostgres = process.argv.includes('--postgres');
const postgres = inPostgres ? await TestPostgres.start() : undefined;
try {
  const few = await HeldServer.start(fewImages, folder, postgres);
  const many = await HeldServer.start(manyImages, folder, postgres);
  await measure(few, many);
  await few.stop();
  await many.stop();
} finally {
  rmSync(folder, { recursive: true });
  await postgres?.[Symbol.asyncDispose]();
}
