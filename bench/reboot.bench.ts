/**
 * RebootInstances against StopInstances and StartInstances, in turns on one guest, to the answer of
 * SSH in a boot that is another than before (goal: at most 1.2x, emulated too).
 *   tools/node24 bench/reboot.bench.ts [micro|debian-12|debian-13]
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith, type ProviderImage } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage, target, waitForState } from '../test/support/launch.ts';
import { ssh, waitForSsh } from '../test/support/ssh.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = 3;
const bootLimitMs = 300_000;
const askMs = 250;
const greetingLimitMs = 5000;
const name = (process.argv[2] ?? 'micro') as ProviderImage;
const InstanceType = name === 'micro' ? 't3.nano' : 't3.small';

const imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith(name) });
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const image = await providerImage(ec2, `*${name}-*`);
  const [made] = await launch(ec2, image.ImageId ?? '', login, 1, { InstanceType });
  const id = made?.InstanceId ?? '';
  const InstanceIds = [id];
  const machine = await target(await waitForState(ec2, id, 'running'), login);
  await waitForSsh(machine, bootLimitMs);
  const sides = [
    {
      order: async () => {
        await ec2.send(new StopInstancesCommand({ InstanceIds }));
        await waitForState(ec2, id, 'stopped');
        await ec2.send(new StartInstancesCommand({ InstanceIds }));
      },
      ms: [] as number[],
    },
    { order: () => ec2.send(new RebootInstancesCommand({ InstanceIds })), ms: [] as number[] },
  ];
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, sides)) {
      const before = await bootId();
      const startedMs = performance.now();
      await side.order();
      side.ms.push((await nextBoot(before)) - startedMs);
    }
  }
  const [stopped, rebooted] = sides.map(({ ms }) => ms);
  console.log(`${name}: stop and start ${spread(stopped ?? [])}, reboot ${spread(rebooted ?? [])}`);
  console.log(`reboot to stop and start: ratio ${ratio(rebooted ?? [], stopped ?? [])}; ${load()}`);

  /** When the guest answers in another boot than `before`. */
  async function nextBoot(before: string): Promise<number> {
    for (;;) {
      await greeting();
      const boot = await bootId().catch(() => before);
      if (boot !== before) return performance.now();
      await sleep(askMs);
    }
  }

  /**
   * Resolves once the guest's SSH server says something. Tried at short intervals, not one after
   * the other: while a guest is away its port takes connections that come to nothing, and one that
   * is waited for would be what is measured.
   */
  async function greeting(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const socket = connect(machine.port ?? 22, machine.address);
        socket.setTimeout(greetingLimitMs, () => socket.destroy());
        socket.on('error', () => {});
        socket.once('data', () => {
          clearInterval(timer);
          socket.destroy();
          resolve();
        });
      }, askMs);
    });
  }

  function bootId(): Promise<string> {
    return ssh(machine, 'cat /proc/sys/kernel/random/boot_id', { timeoutMs: 10_000 });
  }
} finally {
  await imago.dispose();
}
