import type {
  EnableEbsEncryptionByDefaultRequest,
  EnableEbsEncryptionByDefaultResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

/** From now on: what is there stays as it is. */
export const enableEbsEncryptionByDefault: Operation<
  EnableEbsEncryptionByDefaultRequest,
  EnableEbsEncryptionByDefaultResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { ebsEncryptionByDefault: true }),
    );
    return { EbsEncryptionByDefault: true };
  },
};
