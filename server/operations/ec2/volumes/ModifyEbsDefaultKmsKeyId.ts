import type {
  ModifyEbsDefaultKmsKeyIdRequest,
  ModifyEbsDefaultKmsKeyIdResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings } from '../../../domain/account-settings.ts';
import { usableKey } from '../../../domain/ebs-encryption.ts';
import { keyArn } from '../../../domain/kms-keys.ts';
import type { Operation } from '../../operation.ts';

export const modifyEbsDefaultKmsKeyId: Operation<
  ModifyEbsDefaultKmsKeyIdRequest,
  ModifyEbsDefaultKmsKeyIdResult
> = {
  accepts: ['KmsKeyId'],
  run: ({ KmsKeyId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const key = await usableKey(transaction, caller, KmsKeyId, { clock });
      await changeSettings(transaction, caller, { ebsDefaultKeyId: key.id });
      return { KmsKeyId: keyArn(key) };
    }),
};
