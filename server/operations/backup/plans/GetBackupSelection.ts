import type {
  GetBackupSelectionInput,
  GetBackupSelectionOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredSelection } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { selectionShape } from '../../shapes/backup-plans.ts';

export const getBackupSelection: Operation<GetBackupSelectionInput, GetBackupSelectionOutput> = {
  accepts: ['BackupPlanId', 'SelectionId'],
  async run({ BackupPlanId: planId, SelectionId: id }, { catalog, caller }) {
    const row = await catalog.read((reader) => requiredSelection(reader, caller, planId, id));
    return {
      BackupSelection: selectionShape(row),
      SelectionId: id,
      BackupPlanId: planId,
      CreationDate: new Date(row.createdAt),
      CreatorRequestId: row.creatorRequestId,
    };
  },
};
