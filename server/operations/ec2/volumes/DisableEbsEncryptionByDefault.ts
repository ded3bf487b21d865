import type {
  DisableEbsEncryptionByDefaultRequest,
  DisableEbsEncryptionByDefaultResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

export const disableEbsEncryptionByDefault: Operation<
  DisableEbsEncryptionByDefaultRequest,
  DisableEbsEncryptionByDefaultResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    await catalog.write((transaction) =>
      changeSettings(transaction, caller, { ebsEncryptionByDefault: undefined }),
    );
    return { EbsEncryptionByDefault: false };
  },
};
