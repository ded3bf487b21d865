/**
 * Provider images on volumes up to a hundred times as large as they are: the root fills the volume
 * at the first boot, captured while it grows it is whole, and a volume that is larger at a later
 * start grows again. Real guests, most of an hour without KVM: `npm test` tries one size of each
 * image.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { open, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateImageCommand,
  type EC2Client,
  type Image,
  type Instance,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith, type ProviderImage } from '../../test/support/image-home.ts';
import { ImagoProcess } from '../../test/support/imago.ts';
import {
  type Access,
  access,
  describeInstance,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForImage,
  waitForState,
} from '../../test/support/launch.ts';
import { ssh } from '../../test/support/ssh.ts';
import { rootFills } from '../../test/vm/whole-cycle.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { FsBlockReader } from '../blocks/fs/fs-block-reader.ts';
import { openSqliteCatalog } from '../catalog/sqlite/sqlite-catalog.ts';
import { openSnapshotDisk } from '../disk/snapshot-disk.ts';
import { Home } from '../foundations/home.ts';
import { rootStartSector } from './whole-disk.ts';

const run = promisify(execFile);
const rootOffset = rootStartSector * 512;

interface Subject {
  image: ProviderImage;
  namePattern: string;
  instanceType: 't3.nano' | 't3.small';
  sshTimeoutMs: number;
}

const subjects: Subject[] = [
  {
    image: 'micro',
    namePattern: 'imago-micro-*',
    instanceType: 't3.nano',
    sshTimeoutMs: 180_000,
  },
  ...(['debian-12', 'debian-13'] as const).map((image) => ({
    image,
    namePattern: `${image}-amd64-*`,
    instanceType: 't3.small' as const,
    sshTimeoutMs: 600_000,
  })),
];

for (const subject of subjects) {
  describe(subject.image, () => {
    let imago: ImagoProcess;
    let ec2: EC2Client;
    let login: Access;

    before(async () => {
      imago = await ImagoProcess.start({
        hypervisor: 'qemu',
        home: await homeWith(subject.image),
      });
      ec2 = imago.ec2();
      login = await access(imago);
    });
    after(() => imago?.dispose());

    const launchOf = async (imageId: string, sizeGiB: number): Promise<Instance> => {
      const ebs = { VolumeSize: sizeGiB };
      const [instance] = await launch(ec2, imageId, login, 1, {
        InstanceType: subject.instanceType,
        BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: ebs }],
      });
      assert.ok(instance);
      return instance;
    };
    const launchSource = async (sizeGiB: number) =>
      launchOf((await providerImage(ec2, subject.namePattern)).ImageId ?? '', sizeGiB);
    const reached = (instance: Instance) => reach(ec2, instance, login, subject.sshTimeoutMs);
    const terminate = async (ids: string[]) => {
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
      for (const id of ids) await waitForState(ec2, id, 'terminated');
    };

    for (const sizeGiB of [9, 24, 100, 1000]) {
      test(`the root fills a volume of ${sizeGiB} GiB`, async () => {
        const machine = await reached(await launchSource(sizeGiB));
        await rootFills(machine, sizeGiB);
        await terminate([machine.id]);
      });
    }

    test('captured while it grows it is whole, and a copy boots, grows and has the same files', async () => {
      const sizeGiB = 1000;
      const source = await launchSource(sizeGiB);
      const id = source.InstanceId ?? '';
      await waitForState(ec2, id, 'running');
      let grown = false;
      const whenGrown = async () => {
        const machine = await reached(source);
        await rootFills(machine, sizeGiB);
        return machine;
      };
      const growing = whenGrown().finally(() => {
        grown = true;
      });
      // One behind the other, and looked at only afterwards: a kernel grows a file system in
      // seconds.
      const images: Image[] = [];
      while (!grown) {
        const order = { InstanceId: id, Name: `early-${images.length}`, NoReboot: true };
        const { ImageId = '' } = await ec2.send(new CreateImageCommand(order));
        images.push(await waitForImage(ec2, ImageId, 'available'));
      }
      const original = await growing;
      const blocksOf = (index: number) => recoveredBlocks(imago.home, images[index]);
      const unchanged = 1.01 * (await blocksOf(0));
      // It only grows: most of them are from before, and each look takes seconds.
      let [last, first] = [0, images.length - 1];
      while (first - last > 1) {
        const middle = (last + first) >> 1;
        if ((await blocksOf(middle)) > unchanged) first = middle;
        else last = middle;
      }
      const blocks = await blocksOf(first);
      console.log(`capture ${first} of ${images.length}: a file system of ${blocks} blocks`);
      assert.ok(blocks > unchanged, 'no capture saw it grow');
      const copy = await reached(await launchOf(images[first]?.ImageId ?? '', sizeGiB));
      await rootFills(copy, sizeGiB);
      assert.equal(await checksum(copy), await checksum(original));
      await terminate([original.id, copy.id]);
    });

    test('a volume that is larger at a later start grows again', async () => {
      const machine = await reached(await launchSource(9));
      await rootFills(machine, 9);
      await ec2.send(new StopInstancesCommand({ InstanceIds: [machine.id] }));
      const stopped = await waitForState(ec2, machine.id, 'stopped', subject.sshTimeoutMs);
      await enlarge(imago.home, stopped, 24);
      await ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
      const again = await reached(await describeInstance(ec2, machine.id));
      await rootFills(again, 24);
      await terminate([machine.id]);
    });
  });
}

/** Of everything that no boot changes. */
function checksum(machine: Reached): Promise<string> {
  const all = 'find /usr /boot -xdev -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum';
  return ssh(machine, `sudo sh -c '${all}'`, { timeoutMs: 600_000 });
}

/**
 * Blocks of the image's root file system after its journal was replayed; fails where more than that
 * is to be mended.
 */
async function recoveredBlocks(homeFolder: string, image?: Image): Promise<number> {
  const file = path.join(homeFolder, 'captured.raw');
  try {
    await writeRoot(homeFolder, image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '', file);
    // Replays, and mends what any boot may mend: orphans, counters. 4 and more is damage.
    const mended = spawnSync('/sbin/e2fsck', ['-fp', file], { encoding: 'utf8' });
    assert.ok((mended.status ?? 99) < 4, `${mended.stdout}${mended.stderr}`);
    const checked = spawnSync('/sbin/e2fsck', ['-fn', file], { encoding: 'utf8' });
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
    const { stdout } = await run('/sbin/dumpe2fs', ['-h', file]);
    return Number(/^Block count:\s+(\d+)/m.exec(stdout)?.[1]);
  } finally {
    await rm(file, { force: true });
  }
}

/** The root partition of a snapshot as a sparse file. */
async function writeRoot(homeFolder: string, snapshotId: string, file: string): Promise<void> {
  const home = new Home(homeFolder);
  const catalog = await openSqliteCatalog(home.catalogFile);
  const snapshot = await catalog.read(({ snapshots }) => snapshots.get(snapshotId));
  await catalog.close();
  const reader = new CachedBlockReader(new FsBlockReader(home.blocksFolder), {
    capacityBytes: 64 * 1024 * 1024,
  });
  const disk = await openSnapshotDisk(reader, snapshot?.root ?? '');
  await writeFile(file, '');
  await truncate(file, disk.sizeBytes - rootOffset);
  await using target = await open(file, 'r+');
  const pieceBytes = 1024 * 1024;
  let at = rootOffset;
  for (const { length, zero } of await disk.extents(rootOffset, disk.sizeBytes - rootOffset)) {
    const end = at + length;
    if (zero) at = end;
    while (at < end) {
      const bytes = await disk.pread(at, Math.min(pieceBytes, end - at));
      await target.write(bytes, 0, bytes.length, at - rootOffset);
      at += bytes.length;
    }
  }
}

/** What a ModifyVolume does to the top layer of a volume whose instance is stopped. */
async function enlarge(homeFolder: string, instance: Instance, sizeGiB: number): Promise<void> {
  const volumeId = instance.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';
  const layer = new Home(homeFolder).layerFile(volumeId, 0);
  await run('qemu-img', ['resize', '-f', 'qcow2', layer, `${sizeGiB}G`]);
}
