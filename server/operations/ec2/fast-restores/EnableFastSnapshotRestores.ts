import type {
  EnableFastSnapshotRestoresRequest,
  EnableFastSnapshotRestoresResult,
} from '../../../../api/generated/ec2-types.ts';
import { enableFastRestores } from '../../../domain/fast-restores.ts';
import type { Operation } from '../../operation.ts';
import { fastRestoreMembers, fastRestoreOrder } from '../../requests/fast-restores.ts';
import { fastRestoreAnswer } from '../../shapes/fast-restores.ts';

export const enableFastSnapshotRestores: Operation<
  EnableFastSnapshotRestoresRequest,
  EnableFastSnapshotRestoresResult
> = {
  accepts: fastRestoreMembers,
  async run(input, context) {
    const { catalog, caller, clock, ids, site } = context;
    const order = fastRestoreOrder(input, context);
    const result = await catalog.write((transaction) =>
      enableFastRestores(transaction, caller, order, { clock, ids, site }),
    );
    return fastRestoreAnswer(result);
  },
};
