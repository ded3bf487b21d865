/**
 * A guest's volume under fio against a plain local qcow2 file in the same guest: QEMU's own, plugged
 * by hand with QEMU's defaults. Two volumes are of snapshots: what one reads comes by NBD, the other
 * has a plain base, by fast snapshot restore; what they write goes into their layers. First what the
 * first read takes of each, then all take turns. Goal: at least 0.7x in each pattern.
 *   tools/node24 bench/guest-disk.bench.ts [--rounds 3] [--seconds 5]
 */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  CreateSnapshotCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  EnableFastSnapshotRestoresCommand,
} from '@aws-sdk/client-ec2';
import { Home, socketsFolder } from '../server/foundations/home.ts';
import { qmpSocket } from '../server/hypervisor/qemu/command-line.ts';
import { QmpClient } from '../server/hypervisor/qemu/qmp.ts';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../test/support/launch.ts';
import { ssh } from '../test/support/ssh.ts';
import { until } from '../test/support/until.ts';
import { attachVolume, detachVolume, deviceOf, newVolume } from '../test/support/volumes.ts';
import { fioIn, makeFioDisk } from './debian-fio.ts';
import { inTurn, load, median, ratio, spread } from './figures.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, seconds: { type: 'string' } },
});
const rounds = Number(values.rounds ?? 3);
const seconds = Number(values.seconds ?? 5);

/** Less than what the data plane keeps in memory. */
const usedMiB = 192;

/** What is written first says where a layer's clusters lie: in order, as those of the plain file. */
const patterns = {
  '4k random read, depth 16': '--rw=randread --bs=4k --iodepth=16',
  '4k random read, depth 1': '--rw=randread --bs=4k --iodepth=1',
  'sequential read, 1 MiB, depth 4': '--rw=read --bs=1M --iodepth=4',
  'sequential write, 1 MiB, depth 4': '--rw=write --bs=1M --iodepth=4',
  '4k random write, depth 16': '--rw=randwrite --bs=4k --iodepth=16',
};

const sides = ['volume', 'fast', 'plain'] as const;

const work = mkdtempSync(path.join(tmpdir(), 'im-fio-'));
const imago = await ImagoProcess.start({
  hypervisor: 'qemu',
  home: await homeWith('micro'),
  flags: ['--plain-bases', '0'],
});
try {
  const fioDisk = path.join(work, 'fio.raw');
  await makeFioDisk(work, fioDisk);
  const ec2 = imago.ec2();
  const login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [instance] = await launch(ec2, ImageId, login, 1, { InstanceType: 't3.small' });
  const guest = await reach(ec2, instance, login);
  const volumeId = await filledVolume(ec2, guest, { fast: false, place: '/dev/sdg' });
  const fastId = await filledVolume(ec2, guest, { fast: true, place: '/dev/sdh' });
  const devices = {
    volume: await deviceOf(guest, volumeId),
    fast: await deviceOf(guest, fastId),
    plain: '',
  };
  // QEMU has one monitor: whoever plugs by hand needs it for himself. Guests run on.
  await imago.stop();
  const plain = path.join(work, 'plain.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', plain, '1G']);
  const folder = socketsFolder(new Home(imago.home).machineFolder(guest.id), 2);
  for (const file of [work, plain, fioDisk]) chownSync(file, statSync(folder).uid, -1);
  const qmp = await QmpClient.connect(path.join(folder, qmpSocket), 30_000, () => true);
  await plug(qmp, 'plain', { driver: 'qcow2', file: { driver: 'file', filename: plain } }, 20);
  await plug(qmp, 'fio', { driver: 'raw', file: { driver: 'file', filename: fioDisk } }, 21);
  devices.plain = await named(guest, 'plain');
  const tool = await named(guest, 'fio');
  await ssh(guest, `sudo sh -c 'mkdir /fio && mount -o ro ${tool} /fio'`);
  await fill(guest, devices.plain);
  const first = {
    volume: [await firstRead(guest, devices.volume)],
    fast: [await firstRead(guest, devices.fast)],
  };
  console.log(
    `first read, sequential: fast snapshot restore against none ${ratio(first.fast, first.volume)}; ${load()}`,
  );

  for (const [name, options] of Object.entries(patterns)) {
    const figures = { volume: [] as number[], fast: [] as number[], plain: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      for (const side of inTurn(round, sides)) {
        figures[side].push(await measure(guest, devices[side], options));
      }
    }
    console.log(
      `${name}: by NBD ${ratio(figures.volume, figures.plain)}, plain base ${ratio(figures.fast, figures.plain)}; ` +
        `volume ${spread(figures.volume, 'MiB/s', 1)}, plain base ${spread(figures.fast, 'MiB/s', 1)}, ` +
        `plain ${median(figures.plain).toFixed(1)} MiB/s; ${load()}`,
    );
  }
  qmp.close();
} finally {
  await imago.dispose();
  rmSync(work, { recursive: true, force: true });
}

/** Of a snapshot of its own that has its bytes, and attached. */
async function filledVolume(
  ec2: EC2Client,
  guest: Reached,
  { fast, place }: { fast: boolean; place: string },
): Promise<string> {
  const source = await newVolume(ec2, { Size: 1 });
  await attachVolume(ec2, source, guest.id, '/dev/sdf');
  await fill(guest, await deviceOf(guest, source));
  await detachVolume(ec2, source);
  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId: source }));
  await until('the snapshot is completed', async () => {
    const command = new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] });
    return (await ec2.send(command)).Snapshots?.[0]?.State === 'completed';
  });
  if (fast) {
    const order = { AvailabilityZones: ['us-east-1a'], SourceSnapshotIds: [SnapshotId] };
    await ec2.send(new EnableFastSnapshotRestoresCommand(order));
    await until('it is enabled', async () => {
      const told = await ec2.send(new DescribeFastSnapshotRestoresCommand({}));
      return told.FastSnapshotRestores?.[0]?.State === 'enabled';
    });
  }
  const volumeId = await newVolume(ec2, { SnapshotId });
  await attachVolume(ec2, volumeId, guest.id, place);
  return volumeId;
}

/** MiB a second, of the whole. */
async function firstRead(guest: Reached, device: string): Promise<number> {
  const dd = `dd if=${device} of=/dev/null bs=1M count=${usedMiB} iflag=direct`;
  const script = `a=$(cut -d" " -f1 /proc/uptime); ${dd} 2>/dev/null; echo $a; cut -d" " -f1 /proc/uptime`;
  const [from = 0, to = 0] = (await ssh(guest, `sudo sh -c '${script}'`)).split('\n').map(Number);
  return usedMiB / (to - from);
}

async function fill(guest: Reached, device: string): Promise<void> {
  const dd = `dd if=/dev/urandom of=${device} bs=1M count=${usedMiB} conv=fsync`;
  await ssh(guest, `sudo ${dd}`, { timeoutMs: 300_000 });
}

async function plug(qmp: QmpClient, id: string, node: object, port: number): Promise<void> {
  await qmp.execute('blockdev-add', { ...node, 'node-name': id });
  const place = { bus: `disk-${port}`, addr: '0x0' };
  await qmp.execute('device_add', {
    driver: 'virtio-blk-pci',
    id,
    drive: id,
    serial: id,
    ...place,
  });
}

async function named(guest: Reached, serial: string): Promise<string> {
  let found = '';
  await until(`${serial} in the guest`, async () => {
    const listed = await ssh(guest, `grep -lx ${serial} /sys/block/*/serial || true`);
    found = listed.split('/')[3]?.trim() ?? '';
    return found !== '';
  });
  return `/dev/${found}`;
}

/** MiB a second. */
async function measure(guest: Reached, device: string, options: string): Promise<number> {
  const fixed = `--name=x --ioengine=libaio --direct=1 --size=${usedMiB}M --time_based --runtime=${seconds}`;
  const command = `${fioIn('/fio')} ${fixed} --filename=${device} ${options} --output-format=json`;
  const told = await ssh(guest, `sudo ${command}`, { timeoutMs: 120_000 });
  const [{ read, write }] = JSON.parse(told.slice(told.indexOf('{'))).jobs;
  return (read.bw_bytes + write.bw_bytes) / 2 ** 20;
}
