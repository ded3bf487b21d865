/** Drills of snapshots: what boots is booted, and a disk of data is read from its first block on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartDrillRequest } from '../../api/imago-drills.ts';
import { readBlockMap } from '../blocks/block-map.ts';
import type { BlockStore } from '../blocks/block-store.ts';
import { snapshot } from '../catalog/test-rows.ts';
import { BufferDisk, changed, makeDisk, makeFileSystem } from '../contents/test-file-systems.ts';
import { uploadDisk } from '../disk/upload-layers.ts';
import type { Host } from '../host/host.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshots } from '../operations/ec2/snapshots/CreateSnapshots.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { failing } from './test-faults.ts';
import { TestImago, withFaults } from './test-imago.ts';

const id = 'snap-0123456789abcdef0';
const hello = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';

async function insert(imago: TestImago, bytes: Buffer): Promise<string> {
  const { root } = await uploadDisk({ store: imago.blocks, disk: new BufferDisk(bytes) });
  const { account, region } = imago.caller;
  const row = snapshot(id, { account, region, root, volumeSizeGiB: 1 });
  await imago.catalog.write(({ snapshots }) => snapshots.insert(row));
  return root;
}

async function drillOf(imago: TestImago, order: StartDrillRequest = {}) {
  const { DrillId } = await imago.call(startDrill, { SnapshotId: id, ...order });
  await imago.untilQuiet();
  const { Drills } = await imago.call(describeDrills, { SnapshotIds: [id] });
  const drill = Drills.find((each) => each.DrillId === DrillId);
  assert.ok(drill);
  assert.deepEqual([drill.SnapshotId, drill.ImageId], [id, undefined]);
  return drill;
}

async function verdictOf(imago: TestImago): Promise<string | undefined> {
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(id));
  return row?.lastDrill?.verdict;
}

test('of data: its blocks, its file systems and files are read, and no machine is there', async () => {
  await using imago = await TestImago.start();
  const files = await makeFileSystem({ 'orders/1': 'hello\n', 'orders/2': 'x'.repeat(100_000) });
  await insert(imago, await makeDisk('gpt', [{ bytes: files, type: 'linux' }]));
  const order = {
    Checks: [{ File: '/orders/1', Sha256: hello }, { File: '/orders' }, { File: '/orders/3' }],
    Compare: ['/orders/2'],
  };
  const failed = await drillOf(imago, order);
  assert.deepEqual(
    failed.Results.map(({ Name, Kind, Passed, Reason }) => [Name, Kind, Passed, Reason]),
    [
      ['all blocks', 'blocks', true, undefined],
      ['ext4 on partition 1', 'file-system', true, undefined],
      ['file /orders/1', 'file', true, undefined],
      ['file /orders', 'file', true, undefined],
      ['file /orders/3', 'file', false, 'exit code 1: /orders/3 is not there'],
      ['compare /orders/2', 'file', true, undefined],
    ],
  );
  assert.equal(failed.Checks, 6);
  assert.equal(failed.State, 'failed');
  assert.match(failed.Results[0]?.Output ?? '', /^[1-9]\d* blocks have the digests/);
  assert.match(failed.Results[1]?.Output ?? '', /^1\d{5} bytes as an archive/);
  assert.equal(failed.MillisecondsToRunning, undefined);
  assert.equal(await verdictOf(imago), 'failed');
  assert.equal((await drillOf(imago)).State, 'passed');
  assert.equal(await verdictOf(imago), 'passed');
  const instances = await imago.catalog.read((reader) => reader.instances.list());
  assert.deepEqual(instances, []);
});

test('of data whose blocks or files are damaged fails; one that was in use has no verdict', async () => {
  const whole = await makeFileSystem({ 'a/b': 'hello\n' });
  for (const damaged of ['clri a', 'set_inode_field a/b block[5] 0x7fffff']) {
    await using imago = await TestImago.start();
    await insert(imago, await changed(whole, damaged));
    const drill = await drillOf(imago);
    assert.equal(drill.State, 'failed', damaged);
    assert.match(
      drill.Reason ?? '',
      /^1 of 2 checks failed; the first is ext4 on the whole disk: /,
    );
  }
  await using imago = await TestImago.start();
  await insert(imago, await changed(whole, 'clri a', 'feature needs_recovery'));
  const unclean = await drillOf(imago);
  assert.equal(unclean.State, 'error');
  assert.match(unclean.Reason ?? '', /cannot be judged: .* what its journal holds/);
  assert.equal(await verdictOf(imago), undefined);
  imago.blocks.lose(await firstBlock(imago));
  const lost = await drillOf(imago);
  assert.equal(lost.State, 'failed');
  assert.match(lost.Reason ?? '', /the first is all blocks: Block 0: block \w+ is missing/);
});

async function firstBlock(imago: TestImago): Promise<string> {
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(id));
  const map = await readBlockMap(imago.blocks, row?.root ?? '');
  return (await map.lookup(0)) ?? '';
}

test('of data has no answer to what only a machine could say, and tells so at once', async () => {
  await using imago = await TestImago.start();
  await insert(imago, await makeFileSystem({ data: 'hello\n' }));
  const asked: [StartDrillRequest, string][] = [
    [{ Checks: [{ Port: 22 }] }, 'the check “port 22” is asked of a machine'],
    [{ ConsoleText: 'login:' }, 'what its console says is asked of a machine'],
  ];
  for (const [order, what] of asked) {
    const drill = await drillOf(imago, order);
    assert.equal(drill.State, 'error');
    assert.ok(drill.Reason?.includes(what), drill.Reason);
    assert.deepEqual(drill.Results, []);
  }
});

test('of data whose blocks are not answered for is given up, without a verdict', async () => {
  await using imago = await TestImago.start();
  await insert(imago, await makeFileSystem({ data: 'hello\n' }));
  let isSilent = false;
  const onStep = (_kind: string, step: string) => {
    isSilent ||= step === 'check';
  };
  const { wrap, end } = failing<BlockStore>('get', 'never answers', 99, () => isSilent);
  const timeLimits = { callMs: 1000, machineMs: 1000, silenceMs: 100 };
  await imago.restart({ wrapBlocks: wrap, onStep, timeLimits });
  const drill = await drillOf(imago);
  assert.equal(drill.State, 'error');
  assert.match(drill.Reason ?? '', /step check failed/);
  assert.equal(await verdictOf(imago), undefined);
  end();
});

/** Code for a BIOS before an MBR. */
async function bootable(files: Record<string, string>): Promise<Buffer> {
  const bytes = await makeDisk('dos', [{ bytes: await makeFileSystem(files), type: '83' }]);
  bytes.fill(0xeb, 0, 16);
  return bytes;
}

test('of a root is booted, by the firmware that its disk is for; code alone makes no root', async () => {
  const booted = async (files: Record<string, string>) => {
    await using imago = await TestImago.start();
    await insert(imago, await bootable(files));
    const specs: Parameters<Host['apply']>[0][] = [];
    const wrapHost = withFaults<Host>((host) => ({
      apply(spec, options) {
        specs.push(spec);
        return host.apply(spec, options);
      },
    }));
    await imago.restart({ wrapHost });
    const drill = await drillOf(imago);
    assert.equal(drill.State, 'passed', drill.Reason);
    assert.equal(await verdictOf(imago), 'passed');
    const left = await imago.catalog.read(async ({ instances, volumes, images }) => [
      ...(await instances.list()),
      ...(await volumes.list()),
      ...(await images.list()),
    ]);
    assert.deepEqual(left, []);
    assert.equal(drill.MillisecondsToRunning !== undefined, specs.length > 0);
    return specs[0];
  };
  const spec = await booted({ 'etc/hostname': 'x' });
  assert.equal(spec?.link.isolated, true);
  assert.equal(spec?.firmware, 'bios');
  assert.equal(await booted({ 'photos/1': 'x' }), undefined);
});

test('of the root of an image, or of a machine, is booted as that is', async () => {
  await using imago = await TestImago.start();
  const { account } = imago.caller;
  // Nothing on the disk says that it boots.
  const image = await imago.image({ account, bootMode: 'legacy-bios' });
  const SnapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await imago.call(startDrill, { SnapshotId });
  await imago.untilQuiet();
  const [drill] = (await imago.call(describeDrills, { SnapshotIds: [SnapshotId] })).Drills;
  assert.equal(drill?.State, 'passed', drill?.Reason);
  assert.ok(drill.MillisecondsToRunning !== undefined);
  const after = await imago.catalog.read(({ images }) => images.get(image.id));
  assert.equal(after?.lastDrill, undefined);
});

test('of the boot disk of snapshots that were taken together boots the machine with all of them', async () => {
  await using imago = await TestImago.start();
  const { id: ImageId } = await imago.image();
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }];
  const order = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
  const { Instances = [] } = await imago.call(runInstances, order);
  const InstanceId = Instances[0]?.InstanceId ?? '';
  await imago.untilState(InstanceId, 'running');
  const { Snapshots = [] } = await imago.call(createSnapshots, {
    InstanceSpecification: { InstanceId },
  });
  await imago.untilQuiet();
  const specs: Parameters<Host['apply']>[0][] = [];
  const wrapHost = withFaults<Host>((host) => ({
    apply(spec, options) {
      specs.push(spec);
      return host.apply(spec, options);
    },
  }));
  await imago.restart({ wrapHost });
  const rows = await imago.catalog.read(({ snapshots }) =>
    snapshots.list({ where: { id: Snapshots.map(({ SnapshotId: each = '' }) => each) } }),
  );
  const SnapshotId = rows.find(({ set }) => set)?.id ?? '';
  const other = rows.find(({ set }) => !set)?.id ?? '';
  const drilled = async () => {
    const { DrillId } = await imago.call(startDrill, { SnapshotId });
    await imago.untilQuiet();
    return (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills[0];
  };
  const whole = await drilled();
  assert.equal(whole?.State, 'passed', whole?.Reason);
  const booted = specs.find(({ link }) => link.isolated);
  assert.equal(booted?.disks.length, 2);
  await imago.call(deleteSnapshot, { SnapshotId: other });
  const incomplete = await drilled();
  assert.equal(incomplete?.State, 'error');
  assert.match(incomplete.Reason ?? '', /snapshots of \/dev\/sdf of the machine of .* are no more/);
});
