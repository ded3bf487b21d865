import type {
  DisableFastSnapshotRestoresRequest,
  DisableFastSnapshotRestoresResult,
} from '../../../../api/generated/ec2-types.ts';
import { disableFastRestores } from '../../../domain/fast-restores.ts';
import type { Operation } from '../../operation.ts';
import { fastRestoreMembers, fastRestoreOrder } from '../../requests/fast-restores.ts';
import { fastRestoreAnswer } from '../../shapes/fast-restores.ts';

export const disableFastSnapshotRestores: Operation<
  DisableFastSnapshotRestoresRequest,
  DisableFastSnapshotRestoresResult
> = {
  accepts: fastRestoreMembers,
  async run(input, context) {
    const { catalog, caller, clock, ids, site } = context;
    const order = fastRestoreOrder(input, context);
    const result = await catalog.write((transaction) =>
      disableFastRestores(transaction, caller, order, { clock, ids, site }),
    );
    return fastRestoreAnswer(result);
  },
};
