/**
 * Boot to SSH over blocks that the data plane fetches when they are read (Imago's own launch)
 * against the same image as a local qcow2 file, alternating in one run: same command line, same
 * cable, only the disk differs. Goal: at most 1.1x. Measured from the start of QEMU's process to
 * the end of the first command over SSH. The guest says on its console that it is up, so that no
 * retry of a client is in the figure. `fresh` is the same with a data plane that has just been
 * started: it has no block in memory yet.
 *   tools/node24 bench/boot.bench.ts
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Instance, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage, target, waitForState } from '../test/support/launch.ts';
import { type SshTarget, ssh } from '../test/support/ssh.ts';
import { BareMachine, patternOf, pidOf } from './bare-machine.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = 7;
const pollMs = 10;
const bootLimitMs = 120_000;
/** Last line of what `micro` says when it is up. */
const upMark = '-----END SSH HOST KEY KEYS-----';

const imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
const ec2 = imago.ec2();
const localImage = path.join(imago.home, 'local.qcow2');
try {
  const login = await access(imago);
  const image = await providerImage(ec2, 'imago-micro-*');

  // The first launch warms up, and is the pattern of those by hand.
  const first = await launched();
  await untilUp(first);
  const firstTarget = await target(first, login);
  const pattern = await patternOf(imago.home, first);
  await terminate(first);
  {
    await using machine = await BareMachine.prepare(imago.home, pattern);
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', machine.imageUri, localImage]);
    chmodSync(localImage, 0o644);
  }

  const times = { local: [] as number[], lazy: [] as number[], fresh: [] as number[] };
  const wholeMs: number[] = [];
  const boots = { local: bootLocal, lazy: bootLazy, fresh: bootFresh };
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, ['local', 'lazy', 'fresh'] as const)) {
      times[side].push(await boots[side]());
    }
    const last = Object.entries(times).map(([side, all]) => `${side} ${all.at(-1)} ms`);
    console.log(`round ${round + 1}: ${last.join(', ')}; ${load()}`);
  }
  console.log(`local qcow2: boot to SSH ${spread(times.local)}`);
  console.log(`lazy: ${spread(times.lazy)}, ratio ${ratio(times.lazy, times.local)}`);
  console.log(`lazy, fresh: ${spread(times.fresh)}, ratio ${ratio(times.fresh, times.local)}`);
  console.log(`RunInstances to SSH: ${spread(wholeMs)}; ${load()}`);

  async function launched(): Promise<Instance> {
    const [instance] = await launch(ec2, image.ImageId ?? '', login);
    return waitForState(ec2, instance?.InstanceId ?? '', 'running');
  }

  async function bootLaunched(): Promise<{ bootMs: number; wholeMs: number }> {
    const requestedMs = Date.now();
    const instance = await launched();
    try {
      const startedMs = processStartMs(pidOf(imago.home, instance.InstanceId ?? ''));
      await untilUp(instance);
      const upMs = Date.now();
      return { bootMs: upMs - startedMs, wholeMs: upMs - requestedMs };
    } finally {
      await terminate(instance);
    }
  }

  async function bootLazy(): Promise<number> {
    const boot = await bootLaunched();
    wholeMs.push(boot.wholeMs);
    return boot.bootMs;
  }

  async function bootFresh(): Promise<number> {
    // Imago starts it again; the launch waits for it.
    process.kill(imago.dataPlanePid, 'SIGKILL');
    return (await bootLaunched()).bootMs;
  }

  async function bootLocal(): Promise<number> {
    await using machine = await BareMachine.prepare(imago.home, pattern);
    const startedMs = Date.now();
    await machine.start({ localImage });
    await machine.openSsh(firstTarget.port ?? 22);
    await untilUp(first, machine.folder, firstTarget);
    return Date.now() - startedMs;
  }

  async function untilUp(
    instance: Instance,
    folder = path.join(imago.home, 'instances', instance.InstanceId ?? ''),
    known?: SshTarget,
  ): Promise<void> {
    const deadlineMs = Date.now() + bootLimitMs;
    const consoleLog = path.join(folder, 'console.log');
    while (!existsSync(consoleLog) || !readFileSync(consoleLog, 'latin1').includes(upMark)) {
      if (Date.now() > deadlineMs) throw new Error('the guest is not up in time');
      await sleep(pollMs);
    }
    await ssh(known ?? (await target(instance, login)), 'true');
  }
} finally {
  await imago.dispose();
}

async function terminate({ InstanceId = '' }: Instance): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  await waitForState(ec2, InstanceId, 'terminated');
}

/** Of the kernel's records, which count hundredths of a second since the host was started. */
function processStartMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const upSeconds = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - upSeconds * 1000 + ticks * 10;
}
