/** Drills of images: an account's own, of any image that it may launch. */
import { createRestoreTestingPlan } from '../../../server/operations/backup/testing/CreateRestoreTestingPlan.ts';
import { createRestoreTestingSelection } from '../../../server/operations/backup/testing/CreateRestoreTestingSelection.ts';
import { putDrillChecks } from '../../../server/operations/imago/PutDrillChecks.ts';
import { startDrill } from '../../../server/operations/imago/StartDrill.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { iamRoleArn, makeRestore } from '../../../server/operations/test-backups.ts';
import { insertImage } from '../../../server/operations/test-images.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

const unseen = 'ResourceNotFoundException';
const named = {
  with: { RestoreTestingSelectionName: 'machines' },
  plain: ['RestoreTestingSelectionName'],
};
const plan = {
  ScheduleExpression: 'cron(0 5 ? * * *)',
  RecoveryPointSelection: {
    Algorithm: 'LATEST_WITHIN_WINDOW' as const,
    IncludeVaults: ['*'],
    RecoveryPointTypes: ['SNAPSHOT' as const],
  },
};
const selection = {
  RestoreTestingSelectionName: 'machines',
  IamRoleArn: iamRoleArn,
  ProtectedResourceType: 'EC2',
  ProtectedResourceArns: ['*'],
};

async function makePlan(context: OperationContext, selections = [selection]): Promise<string> {
  const RestoreTestingPlanName = `plan_${context.ids.uuid().replaceAll('-', '_')}`;
  const RestoreTestingPlan = { ...plan, RestoreTestingPlanName };
  await createRestoreTestingPlan.run({ RestoreTestingPlan }, context);
  for (const RestoreTestingSelection of selections) {
    const asked = { RestoreTestingPlanName, RestoreTestingSelection };
    await createRestoreTestingSelection.run(asked, context);
  }
  return RestoreTestingPlanName;
}

/** A restore job whose drill has passed, as its task would have left it. */
async function makeTest(context: OperationContext): Promise<string> {
  const id = await makeRestore(context);
  await context.catalog.write(async ({ restoreJobs }) => {
    const job = await restoreJobs.get(id);
    if (!job) return;
    const of = { planArn: 'arn', drillId: 'drill', validationWindowHours: 0 };
    await restoreJobs.update({ ...job, testing: { ...of, validation: 'SUCCESSFUL' } });
  });
  return id;
}

export const table: AuthorisationTable = {
  nouns: {
    drill: {
      async make(context) {
        const { id: ImageId } = await insertImage(context);
        return (await startDrill.run({ ImageId }, context)).DrillId;
      },
      missing: 'drill-0fedcba9876543210',
      unseen: 'InvalidDrillId.NotFound',
    },
    /** They are found by the id of their source. */
    drillChecks: {
      async make(context) {
        const SourceId = `i-${context.ids.uuid().replaceAll('-', '').slice(0, 17)}`;
        await putDrillChecks.run({ SourceId, Checks: [{ Port: 22 }] }, context);
        return SourceId;
      },
      missing: 'i-0fedcba9876543210',
      unseen,
    },
    restoreTest: {
      make: (context) => makeTest(context),
      missing: '00000000-0000-4000-8000-00000badc0de',
      unseen,
    },
    /** With the selection `machines`. */
    testedPlan: { make: (context) => makePlan(context), missing: 'no_such_plan', unseen },
    emptyPlan: { make: (context) => makePlan(context, []), missing: 'no_such_plan', unseen },
  },
  actions: {
    'backup.CreateRestoreTestingPlan': {
      with: { RestoreTestingPlan: { ...plan, RestoreTestingPlanName: 'made' } },
      plain: ['CreatorRequestId', 'RestoreTestingPlan.RestoreTestingPlanName'],
    },
    'backup.CreateRestoreTestingSelection': byOne('RestoreTestingPlanName', 'emptyPlan', {
      with: { RestoreTestingSelection: selection },
      plain: [
        'CreatorRequestId',
        'RestoreTestingSelection.IamRoleArn',
        'RestoreTestingSelection.ProtectedResourceArns',
        'RestoreTestingSelection.RestoreTestingSelectionName',
      ],
    }),
    'backup.DeleteRestoreTestingPlan': byOne('RestoreTestingPlanName', 'emptyPlan'),
    'backup.DeleteRestoreTestingSelection': byOne('RestoreTestingPlanName', 'testedPlan', named),
    'backup.GetRestoreTestingPlan': byOne('RestoreTestingPlanName', 'testedPlan'),
    'backup.GetRestoreTestingSelection': byOne('RestoreTestingPlanName', 'testedPlan', named),
    'backup.ListRestoreTestingPlans': ownOnly,
    'backup.ListRestoreTestingSelections': byOne('RestoreTestingPlanName', 'testedPlan'),
    'backup.UpdateRestoreTestingPlan': byOne('RestoreTestingPlanName', 'testedPlan', {
      with: { RestoreTestingPlan: { StartWindowHours: 2 } },
    }),
    'backup.UpdateRestoreTestingSelection': byOne('RestoreTestingPlanName', 'testedPlan', {
      with: { ...named.with, RestoreTestingSelection: { ValidationWindowHours: 2 } },
      plain: [
        ...named.plain,
        'RestoreTestingSelection.IamRoleArn',
        'RestoreTestingSelection.ProtectedResourceArns',
      ],
    }),
    'backup.PutRestoreValidationResult': byOne('RestoreJobId', 'restoreTest', {
      with: { ValidationStatus: 'SUCCESSFUL' },
    }),
    'imago.DescribeDrills': byOne('DrillIds', 'drill', {
      // Which of one's own are meant: what images, snapshots and jobs there are it does not tell.
      plain: ['ImageIds', 'SnapshotIds', 'SourceIds', 'RestoreJobIds'],
    }),
    // What others have has no backups that the caller drills.
    'imago.PutDrillChecks': {
      with: { SourceId: 'i-0123456789abcdef0', Checks: [{ Port: 22 }] },
      plain: ['SourceId', 'Checks.Name'],
    },
    'imago.DescribeDrillChecks': {
      ...ownOnly,
      names: [{ path: 'SourceId', noun: 'drillChecks' }],
    },
    'imago.DeleteDrillChecks': byOne('SourceId', 'drillChecks'),
    'imago.GetDrillEvidence': byOne('DrillId', 'drill'),
    'imago.StartDrill': byOne('ImageId', 'image', {
      seen: 'ok',
      with: { Checks: [{ Command: 'true' }] },
      plain: ['Checks.Name'],
      names: [{ path: 'SnapshotId', noun: 'snapshot', seen: 'ok', without: 'ImageId' }],
    }),
    'imago.StopDrill': byOne('DrillId', 'drill'),
  },
};
