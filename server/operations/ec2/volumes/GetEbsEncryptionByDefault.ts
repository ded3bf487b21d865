import type {
  GetEbsEncryptionByDefaultRequest,
  GetEbsEncryptionByDefaultResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';

export const getEbsEncryptionByDefault: Operation<
  GetEbsEncryptionByDefaultRequest,
  GetEbsEncryptionByDefaultResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const { ebsEncryptionByDefault = false } = await catalog.read((reader) =>
      settingsOf(reader, caller),
    );
    return {
      EbsEncryptionByDefault: ebsEncryptionByDefault,
      SseType: ebsEncryptionByDefault ? 'sse-kms' : 'none',
    };
  },
};
