/**
 * A launch of `micro` through the API against QEMU started by hand with the same command line,
 * alternating in one run: from RunInstances until DescribeInstances says `running`, against from
 * the spawn until QEMU's monitor answers. One machine (goal: at most 150 ms more), twenty in one
 * call (goal: at most 1.2x), and what a launch writes before the guest does (goal: at most 64 KiB
 * an instance). By hand the layer is there and the data plane knows the machine already: that is
 * QEMU alone.
 *   tools/node24 bench/launch.bench.ts
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeInstancesCommand,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage } from '../test/support/launch.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { BareMachine, type Pattern, patternOf, pidOf } from './bare-machine.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const [rounds, atOnce, roundsAtOnce] = [11, 20, 5];
/** Often enough for the figure, seldom enough for the server that is measured. */
const pollMs = { one: 5, many: 50 };
const giveUpMs = 120_000;

interface Launched {
  elapsedMs: number;
  instances: Instance[];
  /** Growth of what the home takes on the disk. */
  diskBytes: number;
  /** What Imago's processes and QEMU have handed to the disk. */
  writtenBytes: number;
}

const imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const image = await providerImage(ec2, 'imago-micro-*');
  const launchMany = (count: number) =>
    timeLaunch(() => launch(ec2, image.ImageId ?? '', login, count));

  // The first launch warms up, and is the pattern of those by hand.
  const first = await launchMany(1);
  const pattern = await patternOf(imago.home, first.instances[0] as Instance);
  await terminate(first.instances);

  await compare('one instance', 1, rounds);
  const launches = await compare(`${atOnce} instances in one call`, atOnce, roundsAtOnce);
  for (const member of ['diskBytes', 'writtenBytes'] as const) {
    const each = launches.map((launched) => launched[member] / atOnce / 1024);
    console.log(`  ${member} of an instance when it runs: ${spread(each, 'KiB', 1)}`);
  }

  async function compare(name: string, count: number, times: number): Promise<Launched[]> {
    const ours: Launched[] = [];
    const byHand: number[] = [];
    for (let round = 0; round < times; round++) {
      for (const side of inTurn(round, ['ours', 'by hand'])) {
        if (side === 'by hand') byHand.push(await timeByHand(pattern, count));
        else {
          const launched = await launchMany(count);
          ours.push(launched);
          await terminate(launched.instances);
        }
      }
    }
    const oursMs = ours.map(({ elapsedMs }) => elapsedMs);
    console.log(`${name}: RunInstances ${spread(oursMs)}; QEMU by hand ${spread(byHand)}`);
    const moreMs = oursMs.map((each, round) => each - (byHand[round] ?? Number.NaN));
    console.log(`  ${spread(moreMs)} more, ratio ${ratio(oursMs, byHand)}; ${load()}`);
    return ours;
  }
} finally {
  await imago.dispose();
}

async function timeLaunch(run: () => Promise<Instance[]>): Promise<Launched> {
  const servers = [imago.pid, imago.dataPlanePid];
  const [diskBefore, writtenBefore] = [allocatedBytes(imago.home), writtenBy(servers)];
  const startedMs = performance.now();
  const ids = (await run()).map(idOf);
  const instances = await inState(ids, 'running');
  const elapsedMs = performance.now() - startedMs;
  const machines = ids.map((id) => pidOf(imago.home, id));
  return {
    elapsedMs,
    instances,
    diskBytes: allocatedBytes(imago.home) - diskBefore,
    writtenBytes: writtenBy([...servers, ...machines]) - writtenBefore,
  };
}

async function timeByHand(pattern: Pattern, count: number): Promise<number> {
  const machines: BareMachine[] = [];
  try {
    for (let number = 0; number < count; number++) {
      machines.push(await BareMachine.prepare(imago.home, pattern, number));
    }
    const startedMs = performance.now();
    await Promise.all(machines.map((machine) => machine.start()));
    return performance.now() - startedMs;
  } finally {
    await Promise.all(machines.map((machine) => machine[Symbol.asyncDispose]()));
  }
}

async function terminate(instances: Instance[]): Promise<void> {
  const ids = instances.map(idOf);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  await inState(ids, 'terminated');
  // Their volumes go after that.
  while (readdirSync(path.join(imago.home, 'volumes')).length > 0) await sleep(pollMs.one);
}

async function inState(ids: string[], state: string): Promise<Instance[]> {
  const deadlineMs = performance.now() + giveUpMs;
  for (;;) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    const instances = (Reservations ?? []).flatMap((each) => each.Instances ?? []);
    if (instances.every(({ State }) => State?.Name === state)) return instances;
    if (performance.now() > deadlineMs) throw new Error(`not all of ${ids} are ${state}`);
    await sleep(ids.length === 1 ? pollMs.one : pollMs.many);
  }
}

function idOf({ InstanceId }: Instance): string {
  return InstanceId ?? '';
}

function writtenBy(pids: number[]): number {
  const bytesOf = (pid: number) => {
    const text = readFileSync(`/proc/${pid}/io`, 'utf8');
    return Number(/^write_bytes: (\d+)$/m.exec(text)?.[1]);
  };
  return pids.reduce((sum, pid) => sum + bytesOf(pid), 0);
}
