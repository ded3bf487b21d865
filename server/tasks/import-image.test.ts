/** Disk files that become images: what is on the first decides, and an OVA has several. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ImportImageRequest } from '../../api/generated/ec2-types.ts';
import { isForSecureBoot } from '../foundations/uefi-data.ts';
import { describeImages } from '../operations/ec2/images/DescribeImages.ts';
import { describeImportImageTasks } from '../operations/ec2/imports/DescribeImportImageTasks.ts';
import { importImage } from '../operations/ec2/imports/ImportImage.ts';
import { importSnapshot } from '../operations/ec2/imports/ImportSnapshot.ts';
import { getInstanceUefiData } from '../operations/ec2/instances/GetInstanceUefiData.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { DiskFiles, linuxPartitionBytes } from './test-disk-files.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;
async function run(imago: TestImago, request: ImportImageRequest) {
  const { ImportTaskId: id = '' } = await imago.call(importImage, request);
  await imago.untilQuiet();
  const { ImportImageTasks: [task] = [] } = await imago.call(describeImportImageTasks, {
    ImportTaskIds: [id],
  });
  const image = await imago.catalog.read(({ images }) => images.get(task?.ImageId ?? ''));
  return { task: task ?? {}, image };
}

const of = (Format: string, S3Key: string) => ({
  Format,
  UserBucket: { S3Bucket: 'disks', S3Key },
});

const own = (imago: TestImago) => ({ where: { account: imago.caller.account } });

describe('an image of a disk file', () => {
  for (const [bios, mode] of [
    [false, 'uefi'],
    [true, 'uefi-preferred'],
  ] as const) {
    test(`starts as the disk does: ${mode}`, async () => {
      using files = new DiskFiles();
      files.linux('disk.raw', { bios });
      files.convert('disk.raw', 'disk.vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']);
      await using imago = await TestImago.start({ filePlaces: files.places });
      const { task, image } = await run(imago, { DiskContainers: [of('vmdk', 'disk.vmdk')] });
      assert.equal(task.Status, 'completed', task.StatusMessage);
      assert.deepEqual([task.Platform, task.BootMode, task.LicenseType], ['Linux', mode, 'BYOL']);
      assert.equal(image?.name, task.ImportTaskId);
      assert.equal(image?.bootMode, mode);
      assert.equal(image?.blockDeviceMappings[0]?.deviceName, '/dev/sda1');
      const [detail] = task.SnapshotDetails ?? [];
      assert.equal(image?.blockDeviceMappings[0]?.ebs.snapshotId, detail?.SnapshotId);
      const offset = linuxPartitionBytes + 1024;
      const byte = readFileSync(files.path('disk.raw'))[offset];
      assert.equal(await imago.readSnapshot(detail?.SnapshotId ?? '', offset), byte);
    });
  }

  test('is refused where it is asked for what the disk has not', async () => {
    using files = new DiskFiles();
    files.linux('disk.raw');
    await using imago = await TestImago.start({ filePlaces: files.places });
    for (const [more, says] of [
      [{ BootMode: 'legacy-bios' }, /boot mode legacy-bios was given/],
      [{ Platform: 'Windows' }, /platform Windows was given/],
    ] as [ImportImageRequest, RegExp][]) {
      const { task } = await run(imago, { DiskContainers: [of('RAW', 'disk.raw')], ...more });
      assert.equal(task.Status, 'deleted');
      assert.match(task.StatusMessage ?? '', says);
    }
    assert.equal(await imago.catalog.read(({ snapshots }) => snapshots.count(own(imago))), 0);
  });

  test('without a system that is known is refused, as a snapshot it is taken', async () => {
    using files = new DiskFiles();
    files.linux('disk.raw', { etc: false });
    files.raw('bare.raw', 2);
    await using imago = await TestImago.start({ filePlaces: files.places });
    const { task } = await run(imago, { DiskContainers: [of('RAW', 'disk.raw')] });
    assert.equal(task.StatusMessage, 'ClientError: Unknown OS / Missing OS files.');
    const { task: bare } = await run(imago, { DiskContainers: [of('RAW', 'bare.raw')] });
    assert.equal(bare.StatusMessage, 'ClientError: No valid partitions. Not a valid volume.');
    await imago.call(importSnapshot, { DiskContainer: of('RAW', 'disk.raw') });
    await imago.untilQuiet();
    assert.equal(await imago.catalog.read(({ snapshots }) => snapshots.count(own(imago))), 1);
    assert.equal(await imago.catalog.read(({ images }) => images.count(own(imago))), 0);
  });

  test('of Windows says so, with its licence', async () => {
    using files = new DiskFiles();
    files.raw('disk.raw', 16, []);
    execFileSync('sfdisk', ['--quiet', files.path('disk.raw')], {
      input: 'label: dos\nstart=2048,type=7\n',
    });
    const bytes = readFileSync(files.path('disk.raw'));
    bytes.fill(0x90, 0, 16);
    bytes.write('NTFS    ', 2048 * 512 + 3, 'latin1');
    writeFileSync(files.path('disk.raw'), bytes);
    await using imago = await TestImago.start({ filePlaces: files.places });
    const { task, image } = await run(imago, { DiskContainers: [of('RAW', 'disk.raw')] });
    assert.equal(task.Status, 'completed', task.StatusMessage);
    assert.deepEqual([task.Platform, task.UsageOperation], ['Windows', 'RunInstances:0800']);
    assert.deepEqual([image?.platform, image?.bootMode], ['windows', 'legacy-bios']);
  });

  test('of Windows that UEFI starts has a TPM and begins with the keys of secure boot', async () => {
    using files = new DiskFiles();
    files.windows('disk.raw');
    files.convert('disk.raw', 'disk.vhdx', 'vhdx');
    await using imago = await TestImago.start({ filePlaces: files.places });
    const order = { DiskContainers: [of('VHDX', 'disk.vhdx')] };
    const { task, image } = await run(imago, order);
    assert.equal(task.Status, 'completed', task.StatusMessage);
    assert.deepEqual([task.Platform, task.BootMode], ['Windows', 'uefi']);
    const ImageIds = [image?.id ?? ''];
    const { Images: [shown] = [] } = await imago.call(describeImages, { ImageIds });
    assert.deepEqual(
      [shown?.Platform, shown?.PlatformDetails, shown?.UsageOperation, shown?.TpmSupport],
      ['windows', 'Windows BYOL', 'RunInstances:0800', 'v2.0'],
    );
    const began = {
      ImageId: image?.id,
      InstanceType: 't3.nano',
      MinCount: 1,
      MaxCount: 1,
    } as const;
    const { Instances: [instance] = [] } = await imago.call(runInstances, began);
    const { InstanceId = '' } = instance ?? {};
    await imago.untilState(InstanceId, 'running');
    const { UefiData } = await imago.call(getInstanceUefiData, { InstanceId });
    assert.ok(isForSecureBoot(UefiData));
    assert.deepEqual([instance?.Platform, instance?.TpmSupport], ['windows', 'v2.0']);

    // Who says that a BIOS starts it, or imports another system, gets neither.
    const byBios = await run(imago, { ...order, BootMode: 'legacy-bios' });
    assert.match(byBios.task.StatusMessage ?? '', /starts with uefi/);
    files.linux('linux.raw');
    const { image: other } = await run(imago, { DiskContainers: [of('RAW', 'linux.raw')] });
    assert.deepEqual([other?.tpmSupport, other?.uefiData], [undefined, undefined]);
  });

  test('has a snapshot that is there, and further disks at names of their own', async () => {
    using files = new DiskFiles();
    files.linux('disk.raw');
    files.raw('data.raw', 1);
    await using imago = await TestImago.start({ filePlaces: files.places });
    await imago.call(importSnapshot, { DiskContainer: of('RAW', 'disk.raw') });
    await imago.untilQuiet();
    const [snapshot] = await imago.catalog.read(({ snapshots }) => snapshots.list(own(imago)));
    const { task, image } = await run(imago, {
      DiskContainers: [
        { SnapshotId: snapshot?.id, DeviceName: '/dev/xvda' },
        of('RAW', 'data.raw'),
        { ...of('RAW', 'data.raw'), DeviceName: '/dev/sdf' },
      ],
    });
    assert.equal(task.Status, 'completed', task.StatusMessage);
    assert.deepEqual(
      image?.blockDeviceMappings.map(({ deviceName }) => deviceName),
      ['/dev/xvda', '/dev/sdg', '/dev/sdf'],
    );
    assert.equal(image?.blockDeviceMappings[0]?.ebs.snapshotId, snapshot?.id);
    const third = image?.blockDeviceMappings[2]?.ebs.snapshotId;
    assert.equal(await imago.readSnapshot(third ?? '', 0), 1);
  });
});

/** Made by Python's tarfile, descriptor last, its disks in another order than in the archive. */
function ova(files: DiskFiles, { wrong = false } = {}): void {
  files.linux('root.raw');
  files.raw('data.raw', 3, [1]);
  const options = ['-o', 'subformat=streamOptimized'];
  files.convert('root.raw', 'root.vmdk', 'vmdk', options);
  files.convert('data.raw', 'data.vmdk', 'vmdk', options);
  execFileSync('gzip', ['-k', files.path('data.vmdk')]);
  const format = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
  const disk = (id: string, size: number) =>
    `<Disk ovf:diskId="${id}" ovf:fileRef="${id}" ovf:capacity="${size}" ovf:format="${format}"/>`;
  const text = `<?xml version="1.0"?><Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References><File ovf:id="data" ovf:href="data.vmdk.gz" ovf:compression="gzip"/><File ovf:id="root" ovf:href="root.vmdk"/></References><DiskSection><Info/>${disk('root', 64 * mib)}${disk('data', 3 * mib)}</DiskSection><VirtualSystem ovf:id="machine"><Info/></VirtualSystem></Envelope>`;
  files.write('machine.ovf', Buffer.from(text));
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(files.path(name)))
      .digest('hex');
  const names = ['data.vmdk.gz', 'root.vmdk', 'machine.ovf'];
  const lines = names.map((name) => `SHA256(${name})= ${digest(name)}\n`).join('');
  const other = lines.replace(/= (.)/, (_, digit) => `= ${digit === '0' ? '1' : '0'}`);
  files.write('machine.mf', Buffer.from(wrong ? other : lines));
  const members = ['data.vmdk.gz', 'root.vmdk', 'machine.mf', 'machine.ovf'];
  const script = `import os, sys, tarfile
os.chdir(sys.argv[1])
with tarfile.open('machine.ova', 'w', format=tarfile.PAX_FORMAT) as tar:
    for name in sys.argv[2:]: tar.add(name)`;
  execFileSync('python3', ['-c', script, files.folder, ...members]);
}

describe('an OVA', () => {
  test('becomes an image with all of its disks, in the descriptor’s order', async () => {
    using files = new DiskFiles();
    ova(files);
    await using imago = await TestImago.start({ filePlaces: files.places });
    const { task, image } = await run(imago, { DiskContainers: [of('OVA', 'machine.ova')] });
    assert.equal(task.Status, 'completed', task.StatusMessage);
    const [root, data] = task.SnapshotDetails ?? [];
    assert.deepEqual([root?.Format, data?.Format], ['VMDK', 'VMDK']);
    assert.deepEqual([root?.DeviceName, data?.DeviceName], ['/dev/sda1', '/dev/sdf']);
    assert.equal(await imago.readSnapshot(data?.SnapshotId ?? '', mib), 2);
    assert.equal(image?.bootMode, 'uefi');
  });

  test('whose manifest names another digest is refused', async () => {
    using files = new DiskFiles();
    ova(files, { wrong: true });
    await using imago = await TestImago.start({ filePlaces: files.places });
    const { task } = await run(imago, { DiskContainers: [of('OVA', 'machine.ova')] });
    assert.equal(task.Status, 'deleted');
    assert.match(task.StatusMessage ?? '', /data\.vmdk\.gz.* is not what its manifest says/);
    assert.equal(await imago.catalog.read(({ snapshots }) => snapshots.count(own(imago))), 0);
  });

  test('is the only container of an image', async () => {
    using files = new DiskFiles();
    await using imago = await TestImago.start({ filePlaces: files.places });
    const DiskContainers = [of('OVA', 'machine.ova'), of('RAW', 'data.raw')];
    await assert.rejects(imago.call(importImage, { DiskContainers }), { code: 'InvalidParameter' });
    const snapshot = { DiskContainer: of('OVA', 'machine.ova') };
    await assert.rejects(imago.call(importSnapshot, snapshot), { code: 'InvalidParameter' });
  });
});
