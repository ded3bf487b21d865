import type {
  CreateRestoreTestingPlanInput,
  CreateRestoreTestingPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { createPlan, scheduled } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';
import { backupTags } from '../../requests/backup.ts';
import { startWindow, testedPoints } from '../../requests/restore-testing.ts';

export const createRestoreTestingPlan: Operation<
  CreateRestoreTestingPlanInput,
  CreateRestoreTestingPlanOutput
> = {
  accepts: ['CreatorRequestId', 'RestoreTestingPlan', 'Tags'],
  async run(input, context) {
    const { CreatorRequestId: creatorRequestId, RestoreTestingPlan: asked } = input;
    const { catalog, caller, clock } = context;
    const { account, region } = caller;
    const now = clock.now();
    const { ScheduleExpression: expression, ScheduleExpressionTimezone: timezone } = asked;
    const schedule = { expression, ...(timezone !== undefined && { timezone }) };
    const row = {
      account,
      region,
      createdAt: now.toISOString(),
      name: asked.RestoreTestingPlanName,
      ...(creatorRequestId !== undefined && { creatorRequestId }),
      schedule,
      startWindowHours: startWindow(asked.StartWindowHours),
      points: testedPoints(asked.RecoveryPointSelection, caller),
      selections: [],
      tags: backupTags(input.Tags),
      ...scheduled(schedule, now),
    };
    const made = await catalog.write((transaction) => createPlan(transaction, row));
    return {
      CreationTime: new Date(made.createdAt),
      RestoreTestingPlanArn: made.id,
      RestoreTestingPlanName: made.name,
    };
  },
};
