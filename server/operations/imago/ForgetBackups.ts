import type { ForgetBackupsRequest, ForgetBackupsResult } from '../../../api/imago-forget.ts';
import { forgetBackups as forget } from '../../domain/backups/forget.ts';
import type { Operation } from '../operation.ts';
import { writeOrPreview } from '../requests/preview.ts';
import { keepMembers, resticRulesOf } from '../requests/restic-rules.ts';

export const forgetBackups: Operation<ForgetBackupsRequest, ForgetBackupsResult> = {
  accepts: ['SourceId', ...keepMembers, 'Preview'],
  async run(input, { catalog, caller, clock }) {
    const asked = { sourceId: input.SourceId, ...resticRulesOf(input) };
    const told = await writeOrPreview(catalog, input.Preview, (transaction) =>
      forget(transaction, caller, asked, clock.now()),
    );
    return {
      Backups: told.map(({ row, fate, reasons, problem }) => ({
        BackupId: row.id,
        CreateTime: new Date(row.createdAt),
        State: row.state,
        Fate: fate,
        Reasons: reasons,
        Problem: problem,
      })),
    };
  },
};
