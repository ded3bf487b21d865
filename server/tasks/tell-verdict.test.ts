/** A customer's verdict against a backup that Imago found good is told, as a drill that fails is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, Alerts } from '../alerts/alerts.ts';
import type { RestoreJobRow } from '../catalog/rows/restore-job.ts';
import { imagePointArn } from '../domain/backups/arns.ts';
import { putRestoreValidationResult } from '../operations/backup/testing/PutRestoreValidationResult.ts';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { TestImago } from './test-imago.ts';

test('both verdicts are in the drill, and the alert says whose it is, once more after a kill', async () => {
  const told: Alert[] = [];
  const tell = async (alert: Alert) => {
    told.push(alert);
    return ['mail'];
  };
  let isKilled = false;
  const onStep = (kind: string, _step: string, at: string) => {
    if (isKilled || kind !== 'tell-verdict' || at !== 'after') return;
    isKilled = true;
    throw new Error('killed');
  };
  await using imago = await TestImago.start({ alerts: { tell } as unknown as Alerts, onStep });
  const { account, region } = imago.caller;
  const { id: ImageId } = await imago.image({ account });
  const { DrillId } = await imago.call(startDrill, { ImageId });
  await imago.untilQuiet();
  assert.equal(told.length, 0);
  const job: RestoreJobRow = {
    ...{ id: 'job-1', account, region, createdAt: new Date().toISOString(), status: 'COMPLETED' },
    recoveryPointArn: imagePointArn({ region, id: ImageId }),
    recoveryPointCreatedAt: new Date().toISOString(),
    ...{ vaultArn: 'vault', resourceArn: 'machine', resourceType: 'EC2', sizeBytes: 1 },
    metadata: {},
    testing: {
      ...{ planArn: 'plan', drillId: DrillId, validationWindowHours: 1 },
      validation: 'VALIDATING',
    },
  };
  await imago.catalog.write(({ restoreJobs }) => restoreJobs.insert(job));
  const ValidationStatusMessage = 'the orders of Monday are missing';
  await imago.call(putRestoreValidationResult, {
    ...{ RestoreJobId: 'job-1', ValidationStatus: 'FAILED', ValidationStatusMessage },
  });
  await imago.untilQuiet();
  assert.ok(isKilled);
  const [first, again, ...more] = told as (Alert | undefined)[];
  assert.equal(
    first?.subject,
    `Drill of ${ImageId} failed by its customer’s verdict: ${ValidationStatusMessage}`,
  );
  assert.deepEqual([again, more], [first, []]);
  assert.equal(first?.id, `${DrillId}-customer`);
  const [drill] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
  assert.deepEqual(
    [drill?.State, drill?.CustomerVerdict, drill?.CustomerReason, drill?.NotTold],
    ['passed', 'failed', ValidationStatusMessage, ['mail']],
  );
  const image = await imago.catalog.read(({ images }) => images.get(ImageId));
  assert.equal(image?.lastDrill?.verdict, 'failed');
});
