import type {
  GenerateDataKeyRequest,
  GenerateDataKeyResult,
} from '../../../api/generated/kms-types.ts';
import type { Operation } from '../operation.ts';
import { dataKeyMembers, newDataKey } from './data-key.ts';

export const generateDataKey: Operation<GenerateDataKeyRequest, GenerateDataKeyResult> = {
  accepts: dataKeyMembers,
  async run(input, context) {
    const { plain, blob, arn } = await newDataKey(input, 'GenerateDataKey', context);
    return { CiphertextBlob: blob, Plaintext: plain, KeyId: arn };
  },
};
