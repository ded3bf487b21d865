/**
 * A restore of a machine against a launch of the same image, and of one with a full data volume of
 * 8 GiB against one of 1 GiB, all of them in turn in one run: from RestoreInstance, and from
 * RunInstances, until DescribeInstances says `running` (goals: at most 10 % more than a launch, as
 * much whatever the size, and as many bytes on the disk). No block of a volume is like another, and
 * most of each is zeros, as it is the maps that could cost. With `simulated` the machines are: then
 * it is what Imago itself does.
 *   tools/node24 bench/restore.bench.ts [simulated] [rounds]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateImageCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeInstancesCommand,
  ImportSnapshotCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
} from '@aws-sdk/client-ec2';
import { Client } from '../cli/client.ts';
import { readConnection } from '../cli/credentials.ts';
import { blockSizeBytes } from '../server/blocks/block-store.ts';
import { writeSparse } from '../server/contents/test-file-systems.ts';
import { homeWith } from '../test/support/image-home.ts';
import { ImagoProcess } from '../test/support/imago.ts';
import { access, launch, providerImage, waitForState } from '../test/support/launch.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const words = process.argv.slice(2);
const hypervisor = words.includes('simulated') ? 'simulated' : 'qemu';
const rounds = Number(words.at(-1)) || 11;
const pollMs = 5;
const sizesGiB = [1, 8];
const ways = ['RestoreInstance', 'RunInstances'] as const;

interface Side {
  way: (typeof ways)[number];
  sizeGiB: number;
  backup: string;
  elapsedMs: number[];
  /** Growth of what the home takes on the disk. */
  diskKiB: number[];
}

const folder = mkdtempSync(path.join(tmpdir(), 'imago-restore-'));
const imago = await ImagoProcess.start({
  hypervisor,
  home: await homeWith('micro'),
  flags: ['--import-folder', `disks=${folder}`],
});
const ec2 = imago.ec2();
try {
  const login = await access(imago);
  const client = new Client(readConnection(login.home));
  const micro = await providerImage(ec2, 'imago-micro-*');
  const waiting = { client: ec2, maxWaitTime: 600, minDelay: 1, maxDelay: 1 };

  const sides: Side[] = [];
  for (const sizeGiB of sizesGiB) {
    const backup = await backupOf(sizeGiB);
    for (const way of ways) sides.push({ way, sizeGiB, backup, elapsedMs: [], diskKiB: [] });
  }
  for (const side of sides) await measure(side);
  for (const side of sides) side.elapsedMs.length = side.diskKiB.length = 0;
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, sides)) await measure(side);
  }
  for (const { way, sizeGiB, elapsedMs, diskKiB } of sides) {
    console.log(`${way}, ${sizeGiB} GiB: ${spread(elapsedMs)}; ${spread(diskKiB, 'KiB', 1)}`);
  }
  const [restore = [], run = [], restoreLarge = [], runLarge = []] = sides.map(
    ({ elapsedMs }) => elapsedMs,
  );
  const all = [ratio(restore, run), ratio(restoreLarge, runLarge)].join(' and ');
  console.log(`  a restore to a launch: ${all} (goal 1.10)`);
  console.log(
    `  a restore of ${sizesGiB[1]} GiB to one of ${sizesGiB[0]}: ${ratio(restoreLarge, restore)}`,
  );
  console.log(`  ${load()}`);

  /** An image of a machine that ran with a volume of so much. */
  async function backupOf(sizeGiB: number): Promise<string> {
    const SnapshotId = await fullSnapshot(sizeGiB);
    const BlockDeviceMappings = [
      { DeviceName: '/dev/sdf', Ebs: { SnapshotId, DeleteOnTermination: true } },
    ];
    const [source] = await launch(ec2, micro.ImageId ?? '', login, 1, { BlockDeviceMappings });
    const sourceId = source?.InstanceId ?? '';
    await waitForState(ec2, sourceId, 'running');
    const Name = `backup-${sizeGiB}`;
    const order = new CreateImageCommand({ InstanceId: sourceId, Name, NoReboot: true });
    const { ImageId: backup = '' } = await ec2.send(order);
    await waitUntilImageAvailable(waiting, { ImageIds: [backup] });
    await terminate(sourceId);
    return backup;
  }

  async function measure({ way, backup, elapsedMs, diskKiB }: Side): Promise<void> {
    const before = takenBytes();
    const startedMs = performance.now();
    const id =
      way === 'RestoreInstance'
        ? ((await client.imago('RestoreInstance', { BackupId: backup })).InstanceId ?? '')
        : ((await launch(ec2, backup, login))[0]?.InstanceId ?? '');
    await inState(id, 'running');
    elapsedMs.push(performance.now() - startedMs);
    diskKiB.push((takenBytes() - before) / 1024);
    await terminate(id);
  }
} finally {
  await imago.dispose();
  rmSync(folder, { recursive: true });
}

/** Of a disk that is brought from elsewhere. */
async function fullSnapshot(sizeGiB: number): Promise<string> {
  const sizeBytes = sizeGiB * 1024 ** 3;
  const pieces = new Map<number, Buffer>();
  for (let at = 0; at < sizeBytes; at += blockSizeBytes) pieces.set(at, randomBytes(64));
  await writeSparse(path.join(folder, 'full.raw'), sizeBytes, pieces);
  const DiskContainer = { Format: 'RAW', Url: 's3://disks/full.raw' };
  const { ImportTaskId = '' } = await ec2.send(new ImportSnapshotCommand({ DiskContainer }));
  const asked = new DescribeImportSnapshotTasksCommand({ ImportTaskIds: [ImportTaskId] });
  for (;;) {
    const { ImportSnapshotTasks: [task] = [] } = await ec2.send(asked);
    const { Status, StatusMessage, SnapshotId } = task?.SnapshotTaskDetail ?? {};
    if (Status === 'completed') return SnapshotId ?? '';
    if (Status !== 'active') throw new Error(`the import is ${Status}: ${StatusMessage}`);
    await sleep(500);
  }
}

/** Without plain bases: they come a little later, of whatever is read, as a cache. */
function takenBytes(): number {
  return allocatedBytes(imago.home, 'bases');
}

async function terminate(id: string): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await inState(id, 'terminated');
  // Its volumes go after that.
  while (readdirSync(path.join(imago.home, 'volumes')).length > 0) await sleep(pollMs);
}

async function inState(id: string, state: string): Promise<void> {
  for (;;) {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    if (Reservations?.[0]?.Instances?.[0]?.State?.Name === state) return;
    await sleep(pollMs);
  }
}
