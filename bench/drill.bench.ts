/**
 * A drill of `micro` beside a plain launch of the same image, alternating in one run: until its agent
 * answers, against RunInstances until the guest says on its console that it is up (goal: no more
 * than a little); from StartDrill to the verdict and until nothing is left (goal: 20 s on a quiet
 * host), and its parts; and what a drill takes on the disk at most, and leaves there.
 * Plain bases are no part of that: they come a little later, of whatever is read, as a cache.
 *   tools/node24 bench/drill.bench.ts [rounds]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Drill } from '../api/imago-drills.ts';
import type { Wire } from '../api/wire.ts';
import { Client } from '../cli/client.ts';
import { readConnection } from '../cli/credentials.ts';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage } from '../test/support/launch.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = Number(process.argv[2] ?? 5);
const pollMs = 50;
const mib = 1024 ** 2;

const drills = {
  readyMs: [] as number[],
  endedMs: [] as number[],
  peakMiB: [] as number[],
  leftMiB: [] as number[],
};
/** From one to the next: its machine runs, its agent answers, checks are done, nothing is left. */
const parts = {
  launch: [] as number[],
  boot: [] as number[],
  checks: [] as number[],
  removal: [] as number[],
};
const launches = { upMs: [] as number[] };

const imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const client = new Client(readConnection(login.home));
  const { ImageId: imageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const sides = { drill: () => drill(client, imageId), launch: () => plainLaunch(imageId) };
  for (const warmUp of Object.values(sides)) await warmUp();
  const all = [...Object.values(drills), ...Object.values(parts), launches.upMs];
  for (const figures of all) figures.length = 0;
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, ['drill', 'launch'] as const)) await sides[side]();
  }
  console.log(`a plain launch is up after ${spread(launches.upMs)}`);
  console.log(`the agent of a drill answers after ${spread(drills.readyMs)}`);
  console.log(`  ratio ${ratio(drills.readyMs, launches.upMs)}; ${load()}`);
  console.log(`from StartDrill until nothing is left ${spread(drills.endedMs)} (goal 20,000)`);
  console.log(`  ratio to a plain launch ${ratio(drills.endedMs, launches.upMs)}; of that`);
  for (const [part, figures] of Object.entries(parts)) console.log(`  ${part} ${spread(figures)}`);
  console.log(`  on the disk ${spread(drills.peakMiB, 'MiB', 1)} at most`);
  console.log(`  and ${spread(drills.leftMiB, 'MiB', 1)} left`);

  async function plainLaunch(imageId: string): Promise<void> {
    const startedMs = performance.now();
    const [instance] = await launch(ec2, imageId, login);
    const id = instance?.InstanceId ?? '';
    const file = path.join(login.home.machineFolder(id), 'console.log');
    while (!existsSync(file) || !readFileSync(file, 'utf8').includes(' is up after ')) {
      await sleep(pollMs);
    }
    launches.upMs.push(performance.now() - startedMs);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const asked = new DescribeInstancesCommand({ InstanceIds: [id] });
    for (;;) {
      const { Reservations } = await ec2.send(asked);
      if (Reservations?.[0]?.Instances?.[0]?.State?.Name === 'terminated') break;
      await sleep(pollMs);
    }
    while (readdirSync(path.join(imago.home, 'volumes')).length > 0) await sleep(pollMs);
  }
} finally {
  await imago.dispose();
}

async function drill(client: Client, imageId: string): Promise<void> {
  const before = takenBytes();
  let peak = before;
  const startedMs = performance.now();
  const asked = { ImageId: imageId, Compare: ['/etc/os-release'] };
  const { DrillId } = await client.imago('StartDrill', asked);
  for (;;) {
    const { Drills } = await client.imago('DescribeDrills', { DrillIds: [DrillId] });
    const [told] = Drills;
    peak = Math.max(peak, takenBytes());
    if (told?.EndedAt === undefined) {
      await sleep(10 * pollMs);
      continue;
    }
    if (told.State !== 'passed') throw new Error(`the drill ${told.State}: ${told.Reason}`);
    drills.endedMs.push(performance.now() - startedMs);
    drills.readyMs.push(told.MillisecondsToReady ?? Number.NaN);
    notePartsOf(told);
    break;
  }
  drills.peakMiB.push((peak - before) / mib);
  drills.leftMiB.push((takenBytes() - before) / mib);
}

function takenBytes(): number {
  return allocatedBytes(imago.home, 'bases');
}

function notePartsOf({ StartedAt, EndedAt, ...told }: Wire<Drill>): void {
  const { MillisecondsToRunning = 0, MillisecondsToReady = 0, MillisecondsToChecked = 0 } = told;
  const endedMs = new Date(EndedAt ?? 0).getTime() - new Date(StartedAt).getTime();
  parts.launch.push(MillisecondsToRunning);
  parts.boot.push(MillisecondsToReady - MillisecondsToRunning);
  parts.checks.push(MillisecondsToChecked - MillisecondsToReady);
  parts.removal.push(endedMs - MillisecondsToChecked);
}
