import type {
  UpdateRestoreTestingPlanInput,
  UpdateRestoreTestingPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { changePlan, scheduled } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';
import { startWindow, testedPoints } from '../../requests/restore-testing.ts';

/** What is left out stays as it is. */
export const updateRestoreTestingPlan: Operation<
  UpdateRestoreTestingPlanInput,
  UpdateRestoreTestingPlanOutput
> = {
  accepts: ['RestoreTestingPlanName', 'RestoreTestingPlan'],
  async run({ RestoreTestingPlanName: name, RestoreTestingPlan: asked }, context) {
    const { catalog, caller, clock } = context;
    const now = clock.now();
    const { RecoveryPointSelection: points, StartWindowHours: hours } = asked;
    const { ScheduleExpression, ScheduleExpressionTimezone } = asked;
    const row = await catalog.write((transaction) =>
      changePlan(transaction, caller, name, (before) => {
        const timezone = ScheduleExpressionTimezone ?? before.schedule.timezone;
        const expression = ScheduleExpression ?? before.schedule.expression;
        const schedule = { expression, ...(timezone !== undefined && { timezone }) };
        return {
          ...before,
          schedule,
          ...scheduled(schedule, now),
          startWindowHours: startWindow(hours ?? before.startWindowHours),
          points: points ? testedPoints(points, caller) : before.points,
          updatedAt: now.toISOString(),
        };
      }),
    );
    return {
      CreationTime: new Date(row.createdAt),
      RestoreTestingPlanArn: row.id,
      RestoreTestingPlanName: row.name,
      UpdateTime: now,
    };
  },
};
