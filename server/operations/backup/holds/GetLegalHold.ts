import type {
  GetLegalHoldInput,
  GetLegalHoldOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredHold } from '../../../domain/backups/legal-holds.ts';
import type { Operation } from '../../operation.ts';
import { describedHold } from '../../shapes/legal-holds.ts';

export const getLegalHold: Operation<GetLegalHoldInput, GetLegalHoldOutput> = {
  accepts: ['LegalHoldId'],
  async run({ LegalHoldId: id }, { catalog, caller }) {
    return describedHold(await catalog.read((reader) => requiredHold(reader, caller, id)));
  },
};
