import type {
  GetEbsDefaultKmsKeyIdRequest,
  GetEbsDefaultKmsKeyIdResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import { defaultAlias, keyArn } from '../../../domain/kms-keys.ts';
import type { Operation } from '../../operation.ts';

export const getEbsDefaultKmsKeyId: Operation<
  GetEbsDefaultKmsKeyIdRequest,
  GetEbsDefaultKmsKeyIdResult
> = {
  accepts: [],
  async run(_input, { catalog, caller }) {
    const key = await catalog.read(async (reader) => {
      const { ebsDefaultKeyId: id } = await settingsOf(reader, caller);
      // One that is gone was the account's own, as far as anybody knows.
      return id === undefined ? undefined : ((await reader.kmsKeys.get(id)) ?? { ...caller, id });
    });
    return { KmsKeyId: key ? keyArn(key) : defaultAlias };
  },
};
