/**
 * How long a launch of 100 simulated instances in one call holds the event loop of `imago serve` at
 * a time: the server in this process, its client in another, until all run. Beside it the same
 * process at rest, for what the host itself does. The goal is at most 20 ms.
 *
 *   tools/node24 bench/launch-hold.bench.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '../cli/client.ts';
import { Home } from '../server/foundations/home.ts';
import { serve } from '../server/main.ts';
import { fillCatalog, imageId, region } from './catalog-of-images.ts';
import { load } from './figures.ts';
import { type Hold, longestHold, showHolds } from './holds.ts';

const instances = 100;
const rounds = 5;

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'im-hold-'));
  const home = new Home(folder);
  const { id: accessKeyId, secretAccessKey } = await fillCatalog(home);
  const server = await serve({
    home,
    listen: { host: '127.0.0.1', port: 0 },
    hypervisor: 'simulated',
    zones: 1,
    memoryOvercommit: 1,
    regions: [region],
  });
  const client = fork(fileURLToPath(import.meta.url), ['client'], { stdio: 'inherit' });
  const call = async (message: object) => {
    client.send(message);
    await once(client, 'message');
  };
  await call({ connection: { endpoint: server.endpoint, region, accessKeyId, secretAccessKey } });
  // Code is compiled.
  await call({ launch: 5 });
  await call({ wait: true });
  const answers: Hold[] = [];
  const starts: Hold[] = [];
  const rests: Hold[] = [];
  for (let round = 0; round < rounds; round++) {
    await sleep(1000);
    rests.push(await longestHold(() => sleep(1000)));
    answers.push(await longestHold(() => call({ launch: instances })));
    starts.push(await longestHold(() => call({ wait: true })));
  }
  showHolds(`${instances} are ordered`, answers);
  showHolds('they start', starts);
  showHolds('at rest', rests);
  console.log(load());
  client.kill();
  await server.close();
  rmSync(folder, { recursive: true });
}

interface Order {
  connection?: Client['connection'];
  launch?: number;
  /** Until the instances of the last launch run. */
  wait?: boolean;
}

/** In the child. */
function beClient(): void {
  let client: Client;
  let InstanceIds: string[] = [];
  process.on('message', async ({ connection, launch, wait }: Order) => {
    if (connection) client = new Client(connection);
    if (launch !== undefined) {
      const one = { ImageId: imageId(1), InstanceType: 't3.nano' };
      const many = { ...one, MinCount: launch, MaxCount: launch };
      const { Instances = [] } = await client.ec2('RunInstances', many);
      InstanceIds = Instances.map(({ InstanceId = '' }) => InstanceId);
    }
    for (let running = 0; wait && running < InstanceIds.length; await sleep(100)) {
      const { InstanceStatuses } = await client.ec2('DescribeInstanceStatus', { InstanceIds });
      running = InstanceStatuses?.length ?? 0;
    }
    process.send?.('done');
  });
}

if (process.argv[2] === 'client') beClient();
else await main();
