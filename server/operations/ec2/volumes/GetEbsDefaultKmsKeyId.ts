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
    const { ebsDefaultKeyId: id } = await catalog.read((reader) => settingsOf(reader, caller));
    return { KmsKeyId: id === undefined ? defaultAlias : keyArn({ ...caller, id }) };
  },
};
