import type { ForgetBackupsRequest, ForgetBackupsResult } from '../../../api/imago-forget.ts';
import type { KeepRules } from '../../../api/imago-keep-rules.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { forgetBackups as forget } from '../../domain/backups/forget.ts';
import { isPolicyFor, requiredForgetPolicy } from '../../domain/backups/forget-policies.ts';
import { keepMembers, optionalRulesOf, resticRulesOf } from '../../domain/backups/keep-rules.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { writeOrPreview } from '../requests/preview.ts';

export const forgetBackups: Operation<ForgetBackupsRequest, ForgetBackupsResult> = {
  accepts: ['SourceId', 'PolicyName', ...keepMembers, 'Preview'],
  async run(input, { catalog, caller, clock }) {
    const { SourceId: sourceId } = input;
    const { isForSource, ...rules } = await rulesOf(input, { catalog, caller });
    const asked = { sourceId, ...rules };
    const told = await writeOrPreview(catalog, input.Preview, (transaction) =>
      forget(transaction, caller, asked, clock.now()),
    );
    return {
      Backups: told.map(({ row, fate, reasons, problem }) => ({
        BackupId: row.id,
        CreateTime: new Date(row.backup?.takenAt ?? row.createdAt),
        State: row.state,
        Fate: fate,
        Reasons: reasons,
        Problem: problem,
      })),
      PolicyIsForSource: isForSource,
    };
  },
};

async function rulesOf(
  { SourceId, Preview: _, PolicyName: name, ...rules }: ForgetBackupsRequest,
  { catalog, caller }: Pick<OperationContext, 'catalog' | 'caller'>,
): Promise<ReturnType<typeof resticRulesOf> & { isForSource?: boolean }> {
  if (name === undefined) return resticRulesOf(rules);
  if (optionalRulesOf(rules)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Rules are said by PolicyName or by themselves, and not by both.',
    );
  }
  return catalog.read(async (reader) => {
    const policy = await requiredForgetPolicy(reader, caller, name);
    const isForSource = await isPolicyFor(reader, policy, SourceId);
    return { ...resticRulesOf(policy.keep as KeepRules), isForSource };
  });
}
