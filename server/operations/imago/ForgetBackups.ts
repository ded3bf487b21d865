import type { ForgetBackupsRequest, ForgetBackupsResult } from '../../../api/imago-forget.ts';
import type { KeepRules } from '../../../api/imago-keep-rules.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { forgetBackups as forget } from '../../domain/backups/forget.ts';
import { requiredForgetPolicy } from '../../domain/backups/forget-policies.ts';
import { keepMembers, optionalRulesOf, resticRulesOf } from '../../domain/backups/keep-rules.ts';
import type { Operation, OperationContext } from '../operation.ts';
import { writeOrPreview } from '../requests/preview.ts';

export const forgetBackups: Operation<ForgetBackupsRequest, ForgetBackupsResult> = {
  accepts: ['SourceId', 'PolicyName', ...keepMembers, 'Preview'],
  async run(input, { catalog, caller, clock }) {
    const asked = { sourceId: input.SourceId, ...(await rulesOf(input, { catalog, caller })) };
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
    };
  },
};

async function rulesOf(
  { SourceId: _, Preview: __, PolicyName: name, ...rules }: ForgetBackupsRequest,
  { catalog, caller }: Pick<OperationContext, 'catalog' | 'caller'>,
) {
  if (name === undefined) return resticRulesOf(rules);
  if (optionalRulesOf(rules)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Rules are said by PolicyName or by themselves, and not by both.',
    );
  }
  const policy = await catalog.read((reader) => requiredForgetPolicy(reader, caller, name));
  return resticRulesOf(policy.keep as KeepRules);
}
