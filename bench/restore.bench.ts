/**
 * A restore of `micro` against a launch of the same image, alternating in one run: from
 * RestoreInstance, and from RunInstances, until DescribeInstances says `running` (goal: at most
 * 10 % more, and as many bytes on the disk). With `simulated` the machines are: then it is what Imago
 * itself does.
 *   tools/node24 bench/restore.bench.ts [simulated]
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateImageCommand,
  DescribeInstancesCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
} from '@aws-sdk/client-ec2';
import { Client } from '../cli/client.ts';
import { readConnection } from '../cli/credentials.ts';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage, waitForState } from '../test/support/launch.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = 11;
const pollMs = 5;

interface Begun {
  elapsedMs: number;
  /** Growth of what the home takes on the disk. */
  diskBytes: number;
}

const hypervisor = process.argv[2] === 'simulated' ? 'simulated' : 'qemu';
const imago = await ImagoProcess.start({ hypervisor, home: await homeWith('micro') });
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const client = new Client(readConnection(login.home));
  const micro = await providerImage(ec2, 'imago-micro-*');
  const [source] = await launch(ec2, micro.ImageId ?? '', login);
  const sourceId = source?.InstanceId ?? '';
  await waitForState(ec2, sourceId, 'running');
  const order = new CreateImageCommand({ InstanceId: sourceId, Name: 'backup', NoReboot: true });
  const { ImageId: backup = '' } = await ec2.send(order);
  const waiting = { client: ec2, maxWaitTime: 120, minDelay: 1, maxDelay: 1 };
  await waitUntilImageAvailable(waiting, { ImageIds: [backup] });
  await terminate(sourceId);

  const sides = {
    RestoreInstance: async () =>
      (await client.imago('RestoreInstance', { BackupId: backup })).InstanceId ?? '',
    RunInstances: async () => (await launch(ec2, backup, login))[0]?.InstanceId ?? '',
  };
  const begun: Record<keyof typeof sides, Begun[]> = { RestoreInstance: [], RunInstances: [] };
  for (const warmUp of Object.values(sides)) await time(warmUp);
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, ['RestoreInstance', 'RunInstances'] as const)) {
      begun[side].push(await time(sides[side]));
    }
  }
  for (const [side, each] of Object.entries(begun)) {
    const kib = each.map(({ diskBytes }) => diskBytes / 1024);
    console.log(
      `${side}: ${spread(each.map(({ elapsedMs }) => elapsedMs))}; ${spread(kib, 'KiB', 1)}`,
    );
  }
  const [ours, theirs] = [begun.RestoreInstance, begun.RunInstances].map((side) =>
    side.map(({ elapsedMs }) => elapsedMs),
  );
  console.log(`  ratio ${ratio(ours ?? [], theirs ?? [])}; ${load()}`);
} finally {
  await imago.dispose();
}

async function time(begin: () => Promise<string>): Promise<Begun> {
  const before = allocatedBytes(imago.home);
  const startedMs = performance.now();
  const id = await begin();
  await inState(id, 'running');
  const elapsedMs = performance.now() - startedMs;
  const diskBytes = allocatedBytes(imago.home) - before;
  await terminate(id);
  return { elapsedMs, diskBytes };
}

async function terminate(id: string): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await inState(id, 'terminated');
  // Its volumes go after that.
  while (readdirSync(path.join(imago.home, 'volumes')).length > 0) await sleep(pollMs);
}

async function inState(id: string, state: string): Promise<void> {
  for (;;) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    if (Reservations?.[0]?.Instances?.[0]?.State?.Name === state) return;
    await sleep(pollMs);
  }
}
