/**
 * Copy jobs of AWS Backup as their images and snapshots end, and through kills: what a job says is
 * true, the copy has the bytes, and nothing of one that failed is left.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { BlockStore } from '../blocks/block-store.ts';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { idOfPoint, instanceArn, volumeArn } from '../domain/backups/arns.ts';
import { describeCopyJob } from '../operations/backup/copies/DescribeCopyJob.ts';
import { startCopyJob } from '../operations/backup/copies/StartCopyJob.ts';
import { describeBackupJob } from '../operations/backup/jobs/DescribeBackupJob.ts';
import { startBackupJob } from '../operations/backup/jobs/StartBackupJob.ts';
import { describeRecoveryPoint } from '../operations/backup/points/DescribeRecoveryPoint.ts';
import { killAt, launch } from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const elsewhere = 'eu-west-1';
const BackupVaultName = 'Default';
const IamRoleArn = 'arn:aws:iam::111122223333:role/backup';

let imago: TestImago;
let resources: { EC2: string; EBS: string };
beforeEach(async () => {
  imago = await TestImago.start();
  const [id, [volume = '']] = await launch(imago, (await imago.image({}, 7)).id);
  const { caller } = imago;
  resources = { EC2: instanceArn({ ...caller, id }), EBS: volumeArn({ ...caller, id: volume }) };
});
afterEach(() => imago[Symbol.asyncDispose]());

async function backedUp(ResourceArn: string): Promise<string> {
  const asked = { BackupVaultName, ResourceArn, IamRoleArn };
  const { BackupJobId = '', RecoveryPointArn = '' } = await imago.call(startBackupJob, asked);
  await imago.until('the backup', async () => {
    const { State } = await imago.call(describeBackupJob, { BackupJobId });
    return State === 'COMPLETED';
  });
  return RecoveryPointArn;
}

/** Into the region that has a store of its own. */
async function copied(RecoveryPointArn: string): Promise<string> {
  const { account } = imago.caller;
  const DestinationBackupVaultArn = `arn:aws:backup:${elsewhere}:${account}:backup-vault:Default`;
  const to = { DestinationBackupVaultArn, IamRoleArn };
  const asked = { RecoveryPointArn, SourceBackupVaultName: BackupVaultName, ...to };
  return (await imago.call(startCopyJob, asked)).CopyJobId ?? '';
}

function endOf(CopyJobId: string) {
  return imago.until('the job ends', async () => {
    const { CopyJob } = await imago.call(describeCopyJob, { CopyJobId });
    return CopyJob?.State !== 'RUNNING' && CopyJob;
  });
}

for (const type of ['EC2', 'EBS'] as const) {
  describe(`a copy of ${type}`, () => {
    for (const [step, moment] of [
      ['copy', 'before'],
      ['copy', 'after'],
      ['publish', 'before'],
      ['publish', 'after'],
    ] as const) {
      test(`killed ${moment} ${step} is COMPLETED with its recovery point`, async () => {
        const point = await backedUp(resources[type]);
        const killed = Promise.withResolvers<void>();
        const kill = killAt(step, moment);
        await imago.restart({
          onStep: (...at) => {
            try {
              return kill(...at);
            } catch (error) {
              killed.resolve();
              throw error;
            }
          },
        });
        const job = await copied(point);
        await killed.promise;
        await imago.restart();
        const { State, DestinationRecoveryPointArn: RecoveryPointArn = '' } = await endOf(job);
        assert.equal(State, 'COMPLETED');
        const asked = { BackupVaultName, RecoveryPointArn };
        const { Status } = await imago.call(describeRecoveryPoint, asked, elsewhere);
        assert.equal(Status, 'AVAILABLE');
        const id = idOfPoint(RecoveryPointArn);
        const image = await imago.catalog.read(({ images }) => images.get(id));
        const [snapshotId = id] = image ? snapshotIdsOf(image) : [];
        assert.equal(await imago.readSnapshot(snapshotId, 1), 7);
      });
    }

    test('that fails says why, and leaves nothing', async () => {
      const point = await backedUp(resources[type]);
      const get = async () => {
        throw new Error('no block today');
      };
      await imago.restart({ wrapBlocks: withFaults<BlockStore>(() => ({ get })) });
      const before = await made();
      const { State, StatusMessage } = await endOf(await copied(point));
      assert.equal(State, 'FAILED');
      assert.ok(StatusMessage);
      assert.deepEqual(await made(), before);
    });
  });
}

/** Ids of all that a failed job could have left. */
function made() {
  return imago.catalog.read(async ({ images, snapshots, recoveryPoints }) => {
    const rows = [await images.list(), await snapshots.list(), await recoveryPoints.list()];
    return rows.flat().map(({ id }) => id);
  });
}
