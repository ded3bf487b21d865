/**
 * CreateImage of running instances of `micro` with root volumes of 1 GiB and 8 GiB, in each of
 * which 60 MB were written since the capture before. Capture time must depend on the changes, not
 * on the size (goal: at most 1.2x), and the guest must not notice it (goal: a pause of at most
 * 100 ms). The pause is told twice: by Imago, as the guest's hook notes it, beside what hooks took;
 * and by the guest itself, as the longest gap between two writes of a loop that writes every few
 * milliseconds. With --debian it is `debian-12` of 8 GiB alone (goal there: at most 50 ms).
 *   tools/node24 bench/capture-live.bench.ts [--debian]
 */
import { CreateImageCommand, type Image, type Instance } from '@aws-sdk/client-ec2';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import {
  access,
  launch,
  providerImage,
  target,
  waitForImage,
  waitForState,
} from '../test/support/launch.ts';
import { ssh, waitForSsh } from '../test/support/ssh.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const rounds = 7;
const isDebian = process.argv.includes('--debian');
const sizesGiB: readonly number[] = isDebian ? [8] : [1, 8];
const bootLimitMs = isDebian ? 900_000 : 120_000;
const InstanceType = isDebian ? 't3.small' : 't3.nano';

/** Random, so that nothing of it is stored already; on the disk before the capture begins. */
const writeChange = 'dd if=/dev/urandom of=change bs=1M count=60 conv=notrunc 2>/dev/null; sync';

/**
 * Appends the uptime to a file on the root disk until it is told to end; a frozen file system holds
 * the write.
 */
const writeTicks = isDebian
  ? `rm -f /tmp/end; perl -MTime::HiRes=time,usleep -e '$| = 1; until (-e "/tmp/end") { print time, "\\n"; usleep 4000 }' >ticks`
  : 'rm -f /tmp/end; while [ ! -e /tmp/end ]; do read up idle </proc/uptime; echo $up; usleep 4000; done >ticks';
const endTicks = 'touch /tmp/end; sleep 1; cat ticks';

interface Side {
  sizeGiB: number;
  instance: Instance;
  captureMs: number[];
  pauseMs: number[];
  hooksMs: number[];
  gapMs: number[];
  storedMiB: number[];
}

const imago = await ImagoProcess.start({
  hypervisor: 'qemu',
  home: await homeWith(isDebian ? 'debian-12' : 'micro'),
});
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const source = await providerImage(ec2, isDebian ? 'debian-12-*' : 'imago-micro-*');
  const sides: Side[] = [];
  for (const sizeGiB of sizesGiB) {
    const Ebs = { VolumeSize: sizeGiB };
    const BlockDeviceMappings = [{ DeviceName: source.RootDeviceName, Ebs }];
    const more = { BlockDeviceMappings, InstanceType } as const;
    const [made] = await launch(ec2, source.ImageId ?? '', login, 1, more);
    const instance = await waitForState(ec2, made?.InstanceId ?? '', 'running');
    await waitForSsh(await target(instance, login), bootLimitMs);
    const size = await ssh(await target(instance, login), 'df -h / | tail -1');
    console.log(`${sizeGiB} GiB: ${size.trim()}`);
    sides.push({
      sizeGiB,
      instance,
      captureMs: [],
      pauseMs: [],
      hooksMs: [],
      gapMs: [],
      storedMiB: [],
    });
  }
  // The first capture has more to do than those after it: what the boot wrote.
  for (const side of sides) await capture(side.instance, `${side.sizeGiB} GiB first`);

  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, sides)) await measure(side, round);
  }
  for (const { sizeGiB, captureMs, pauseMs, hooksMs, gapMs, storedMiB } of sides) {
    console.log(`${sizeGiB} GiB: capture ${spread(captureMs)}, stored ${spread(storedMiB, 'MiB')}`);
    console.log(`  pause ${spread(pauseMs)}, hooks ${spread(hooksMs)}`);
    console.log(`  longest gap in the guest ${spread(gapMs)}`);
  }
  const [small, large] = sides.map(({ captureMs }) => captureMs);
  const ratios = large ? `8 GiB to 1 GiB: ratio ${ratio(large, small ?? [])}; ` : '';
  console.log(`${ratios}${load()}`);

  async function measure(side: Side, round: number): Promise<void> {
    const machine = await target(side.instance, login);
    await ssh(machine, writeChange, { timeoutMs: bootLimitMs });
    const ticking = ssh(machine, writeTicks, { timeoutMs: bootLimitMs });
    ticking.catch(() => {});
    const image = await capture(side.instance, `${side.sizeGiB} GiB round ${round}`);
    const ticks = (await ssh(machine, endTicks)).trim().split('\n').map(Number);
    await ticking;
    side.captureMs.push(numberIn(image, 'capture-ms'));
    side.pauseMs.push(numberIn(image, 'guest-pause-ms'));
    side.hooksMs.push(numberIn(image, 'guest-hooks-ms'));
    side.storedMiB.push(numberIn(image, 'bytes-stored') / 1024 ** 2);
    side.gapMs.push(longestGapMs(ticks));
  }
} finally {
  await imago.dispose();
}

async function capture({ InstanceId }: Instance, Name: string): Promise<Image> {
  const made = await ec2.send(new CreateImageCommand({ InstanceId, Name, NoReboot: true }));
  const image = await waitForImage(ec2, made.ImageId ?? '', 'available');
  const consistency = tagOf(image, 'consistency');
  if (consistency !== 'application') throw new Error(`the capture was ${consistency}-consistent`);
  return image;
}

function tagOf({ Tags }: Image, name: string): string | undefined {
  return Tags?.find(({ Key }) => Key === `aws:imago:${name}`)?.Value;
}

function numberIn(image: Image, name: string): number {
  return Number(tagOf(image, name));
}

function longestGapMs(uptimes: number[]): number {
  const gaps = uptimes.slice(1).map((uptime, index) => uptime - (uptimes[index] ?? uptime));
  return Math.round(Math.max(...gaps) * 1000);
}
