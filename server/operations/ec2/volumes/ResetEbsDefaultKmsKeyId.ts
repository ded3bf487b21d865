import type {
  ResetEbsDefaultKmsKeyIdRequest,
  ResetEbsDefaultKmsKeyIdResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import { defaultKey } from '../../../domain/ebs-encryption.ts';
import { keyArn } from '../../../domain/kms-keys.ts';
import type { Operation } from '../../operation.ts';

/** To `alias/aws/ebs`, whose key is made where there is none yet. */
export const resetEbsDefaultKmsKeyId: Operation<
  ResetEbsDefaultKmsKeyIdRequest,
  ResetEbsDefaultKmsKeyIdResult
> = {
  accepts: [],
  run: (_input, { catalog, caller, clock, ids, masterKey }) =>
    catalog.write(async (transaction) => {
      await changeSettings(transaction, caller, { ebsDefaultKeyId: undefined });
      const making = { clock, ids, masterKey };
      return { KmsKeyId: keyArn(await defaultKey(transaction, caller, making)) };
    }),
};
