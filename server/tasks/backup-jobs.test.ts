/**
 * Backup jobs of AWS Backup as their images and snapshots end, and through kills: what a job says is
 * true, and nothing of one that failed is left.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { instanceArn, volumeArn } from '../domain/backups/arns.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { describeBackupJob } from '../operations/backup/jobs/DescribeBackupJob.ts';
import { startBackupJob } from '../operations/backup/jobs/StartBackupJob.ts';
import { describeRecoveryPoint } from '../operations/backup/points/DescribeRecoveryPoint.ts';
import { createImage } from './create-image.ts';
import { createSnapshot } from './create-snapshot.ts';
import type { StepHook } from './runner.ts';
import { TaskFailure } from './task.ts';
import { killAt, launch } from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const BackupVaultName = 'Default';
const IamRoleArn = 'arn:aws:iam::111122223333:role/backup';

let imago: TestImago;
let resources: { EC2: string; EBS: string };
beforeEach(async () => {
  imago = await TestImago.start();
  const [id, [volume = '']] = await launch(imago, (await imago.image()).id);
  const { caller } = imago;
  resources = { EC2: instanceArn({ ...caller, id }), EBS: volumeArn({ ...caller, id: volume }) };
});
afterEach(() => imago[Symbol.asyncDispose]());

async function started(type: keyof typeof resources) {
  const asked = { BackupVaultName, ResourceArn: resources[type], IamRoleArn };
  const { BackupJobId = '', RecoveryPointArn = '' } = await imago.call(startBackupJob, asked);
  return { BackupJobId, RecoveryPointArn };
}

function endOf({ BackupJobId }: { BackupJobId: string }) {
  return imago.until('the job ends', async () => {
    const job = await imago.call(describeBackupJob, { BackupJobId });
    return job.State !== 'RUNNING' && job;
  });
}

const kinds = [
  ['EC2', createImage],
  ['EBS', createSnapshot],
] as const;

for (const [type, task] of kinds) {
  describe(`a backup of ${type}`, () => {
    test('is COMPLETED with its recovery point', async () => {
      const job = await started(type);
      const { State, PercentDone } = await endOf(job);
      assert.deepEqual([State, PercentDone], ['COMPLETED', '100.0']);
      const { RecoveryPointArn } = job;
      const point = await imago.call(describeRecoveryPoint, { BackupVaultName, RecoveryPointArn });
      assert.equal(point.Status, 'AVAILABLE');
      const { protectedResources } = await imago.catalog.read(async (reader) => ({
        protectedResources: await reader.protectedResources.list(),
      }));
      assert.deepEqual(
        protectedResources.map(({ id, lastRecoveryPointArn: point }) => [id, point]),
        [[resources[type], RecoveryPointArn]],
      );
    });

    test('that fails says why, and leaves nothing', async () => {
      const pivot = async () => {
        throw new TaskFailure('Server.InternalError', 'no pivot today');
      };
      await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ pivot })) });
      const before = await made();
      const job = await started(type);
      const { State, StatusMessage = '' } = await endOf(job);
      assert.equal(State, 'FAILED');
      assert.match(StatusMessage, /no pivot today/);
      assert.deepEqual(await made(), before);
    });

    for (const step of task.steps.map(({ name }) => name)) {
      test(`killed after ${step} goes on to its end`, async () => {
        let killed = false;
        const kill = killAt(step, 'after');
        const onStep: StepHook = (...at) => {
          try {
            kill(...at);
          } catch (error) {
            killed = true;
            throw error;
          }
        };
        await imago.restart({ onStep });
        const job = await started(type);
        await imago.until('the kill', async () => killed);
        await imago.restart();
        assert.equal((await endOf(job)).State, 'COMPLETED');
      });
    }
  });
}

/** Ids of all that a failed job could have left. */
function made() {
  return imago.catalog.read(async ({ images, snapshots, recoveryPoints }) => {
    const rows = [await images.list(), await snapshots.list(), await recoveryPoints.list()];
    return rows.flat().map(({ id }) => id);
  });
}
