/**
 * Run by full-archive.test.ts on a small disk, which has the archive: in a folder of its own
 * (`apart`), or with all of the home (`home`). Somebody else takes what is free there, and a
 * snapshot is archived: that fails with a sentence that says why, leaves no byte behind, and the
 * snapshot is used as before. When the other has gone it is archived, and comes back whole.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CreateVolumeCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeSnapshotTierStatusCommand,
  type EC2Client,
  ImportSnapshotCommand,
  ModifySnapshotTierCommand,
  RestoreSnapshotTierCommand,
} from '@aws-sdk/client-ec2';
import { mibBytes } from '../../server/foundations/sizes.ts';
import { Filler } from '../support/filler.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { until } from '../support/until.ts';

const [place] = process.argv.slice(2);
/** Of noise, which no compression makes smaller. */
const diskBytes = 6 * mibBytes;
const disk = process.cwd();
const elsewhere = mkdtempSync(path.join(tmpdir(), 'im-'));
chmodSync(elsewhere, 0o711);
const home = place === 'home' ? path.join(disk, 'home') : path.join(elsewhere, 'home');
const archive = place === 'home' ? path.join(home, 'archive') : path.join(disk, 'archive');

async function imported(ec2: EC2Client): Promise<string> {
  writeFileSync(path.join(elsewhere, 'disk.raw'), randomBytes(diskBytes));
  const DiskContainer = { Format: 'raw', Url: 's3://disks/disk.raw' };
  const { ImportTaskId = '' } = await ec2.send(new ImportSnapshotCommand({ DiskContainer }));
  const task = async () => {
    const ImportTaskIds = [ImportTaskId];
    const { ImportSnapshotTasks: [found] = [] } = await ec2.send(
      new DescribeImportSnapshotTasksCommand({ ImportTaskIds }),
    );
    return found?.SnapshotTaskDetail;
  };
  await until('it is imported', async () => (await task())?.Status === 'completed');
  return (await task())?.SnapshotId ?? '';
}

async function statusOf(ec2: EC2Client, snapshotId: string) {
  const Filters = [{ Name: 'snapshot-id', Values: [snapshotId] }];
  const { SnapshotTierStatuses: [status] = [] } = await ec2.send(
    new DescribeSnapshotTierStatusCommand({ Filters }),
  );
  return status;
}

async function untilIs(ec2: EC2Client, snapshotId: string, wanted: string): Promise<void> {
  await until(wanted, async () => {
    const { LastTieringOperationStatus: state = '' } = (await statusOf(ec2, snapshotId)) ?? {};
    assert.ok(state.endsWith('-in-progress') || state === wanted, state);
    return state === wanted;
  });
}

async function tell(ec2: EC2Client, filler: Filler): Promise<void> {
  const SnapshotId = await imported(ec2);
  const archiveIt = () =>
    ec2.send(new ModifySnapshotTierCommand({ SnapshotId, StorageTier: 'archive' }));
  filler.fillTo(place === 'home' ? 0 : diskBytes / 2);
  await archiveIt();
  await untilIs(ec2, SnapshotId, 'archival-failed');
  const status = await statusOf(ec2, SnapshotId);
  assert.match(
    status?.LastTieringOperationStatusDetail ?? '',
    place === 'home' ? /^Server\.Insuff.*The disk of the host is full/ : /The disk of the archive/,
  );
  assert.equal(status?.StorageTier, 'standard');
  await until('nothing half is left', () => filesOf(archive).length === 0);

  filler.empty();
  await ec2.send(new CreateVolumeCommand({ SnapshotId, AvailabilityZone: 'us-east-1a' }));
  await archiveIt();
  await untilIs(ec2, SnapshotId, 'archival-completed');
  assert.deepEqual(filesOf(archive), [`${SnapshotId}.imago`]);
  await ec2.send(new RestoreSnapshotTierCommand({ SnapshotId, PermanentRestore: true }));
  await untilIs(ec2, SnapshotId, 'permanent-restore-completed');
  assert.deepEqual(filesOf(archive), []);
}

/** The folder of the home is made when something goes there. */
function filesOf(folder: string): string[] {
  return readdirSync(path.dirname(folder)).includes(path.basename(folder))
    ? readdirSync(folder)
    : [];
}

mkdirSync(home);
if (place !== 'home') mkdirSync(archive);
const filler = new Filler(disk);
const named = place === 'home' ? [] : ['--archive-folder', archive];
const flags = ['--import-folder', `disks=${elsewhere}`, ...named];
const imago = await ImagoProcess.start({ hypervisor: 'simulated', home, flags });
try {
  await tell(imago.ec2(), filler);
  await imago.stop();
  execFileSync(launcher, ['fsck', '--home', home, ...named], { stdio: 'pipe' });
} catch (error) {
  console.error(imago.log.slice(-6000));
  throw error;
} finally {
  await imago.stop();
  rmSync(elsewhere, { recursive: true });
}
