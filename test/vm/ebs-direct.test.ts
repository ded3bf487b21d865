/**
 * Disks block by block with real guests: what 64 writers put, out of what was read of `micro`,
 * boots when it is registered; and a snapshot of that guest, read the same way, has the very bytes
 * that the guest reads of its disk.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Block,
  CompleteSnapshotCommand,
  EBSClient,
  GetSnapshotBlockCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import {
  CreateSnapshotCommand,
  DescribeSnapshotsCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { blockSizeBytes, zeroBlock } from '../../server/blocks/block-store.ts';
import { linearOf, putRequest } from '../../server/operations/test-uploads.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, describeInstance, launch, providerImage, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

/** Of the guest's disk that is compared: the guest hashes it itself, by emulated instructions. */
const comparedMiB = 32;

let imago: ImagoProcess;
let ebs: EBSClient;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  const { endpoint, credentials } = imago;
  ebs = new EBSClient({ endpoint, credentials, region: 'us-east-1' });
});
after(async () => {
  ebs?.destroy();
  await imago?.dispose();
});

async function inParallel<T>(items: T[], count: number, work: (item: T) => Promise<void>) {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}

/** Blocks that are not zero, below an index, by ascending index. */
async function download(SnapshotId: string, below = Number.POSITIVE_INFINITY) {
  const listed: Block[] = [];
  for (let NextToken: string | undefined, first = true; first || NextToken; first = false) {
    const page = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId, NextToken }));
    listed.push(...(page.Blocks ?? []));
    NextToken = page.NextToken;
  }
  const wanted = listed.filter(({ BlockIndex = 0 }) => BlockIndex < below);
  const blocks = new Map<number, Buffer>(
    wanted.map(({ BlockIndex = 0 }) => [BlockIndex, zeroBlock]),
  );
  await inParallel(wanted, 8, async ({ BlockIndex = 0, BlockToken }) => {
    const command = new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken });
    const { BlockData } = await ebs.send(command);
    blocks.set(BlockIndex, Buffer.from((await BlockData?.transformToByteArray()) ?? []));
  });
  return blocks;
}

async function upload(blocks: ReadonlyMap<number, Buffer>, VolumeSize: number): Promise<string> {
  const started = await ebs.send(new StartSnapshotCommand({ VolumeSize, Timeout: 10 }));
  const { SnapshotId = '' } = started;
  await inParallel([...blocks], 64, async ([index, block]) => {
    await ebs.send(new PutSnapshotBlockCommand(putRequest(SnapshotId, index, block)));
  });
  const complete = {
    SnapshotId,
    ChangedBlocksCount: blocks.size,
    Checksum: linearOf([...blocks.values()]),
    ChecksumAlgorithm: 'SHA256',
    ChecksumAggregationMethod: 'LINEAR',
  } as const;
  const { Status } = await ebs.send(new CompleteSnapshotCommand(complete));
  assert.equal(Status, 'completed');
  return SnapshotId;
}

test('what was put block by block boots, and its snapshot is read as the guest reads it', async () => {
  const ec2 = imago.ec2();
  const micro = await providerImage(ec2, 'imago-micro-*');
  const { Ebs } = micro.BlockDeviceMappings?.[0] ?? {};
  const blocks = await download(Ebs?.SnapshotId ?? '');
  const SnapshotId = await upload(blocks, Ebs?.VolumeSize ?? 0);
  const register = new RegisterImageCommand({
    Name: 'put by 64 writers',
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    BootMode: micro.BootMode,
    RootDeviceName: '/dev/xvda',
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
  });
  const { ImageId = '' } = await ec2.send(register);
  const user = await access(imago);
  const [instance] = await launch(ec2, ImageId, user);
  const machine = await reach(ec2, instance, user);
  await ssh(machine, 'sudo sh -c "echo looked inside >/etc/looked; sync"');
  // Nothing is written any more, whatever runs.
  const hashed = await ssh(
    machine,
    `sudo sh -c "echo u >/proc/sysrq-trigger; sleep 1; echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda bs=1M count=${comparedMiB} 2>/dev/null | sha256sum"`,
  );
  const { BlockDeviceMappings } = await describeInstance(ec2, machine.id);
  const VolumeId = BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';
  const made = await ec2.send(new CreateSnapshotCommand({ VolumeId }));
  const describe = new DescribeSnapshotsCommand({ SnapshotIds: [made.SnapshotId ?? ''] });
  while ((await ec2.send(describe)).Snapshots?.[0]?.State !== 'completed') await sleep(200);
  const count = (comparedMiB * 1024 ** 2) / blockSizeBytes;
  const read = await download(made.SnapshotId ?? '', count);
  const hash = createHash('sha256');
  for (let index = 0; index < count; index++) hash.update(read.get(index) ?? zeroBlock);
  assert.equal(hash.digest('hex'), hashed.trim().split(' ')[0]);
});
