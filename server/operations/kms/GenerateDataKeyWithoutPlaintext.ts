import type {
  GenerateDataKeyWithoutPlaintextRequest,
  GenerateDataKeyWithoutPlaintextResult,
} from '../../../api/generated/kms-types.ts';
import type { Operation } from '../operation.ts';
import { dataKeyMembers, newDataKey } from './data-key.ts';

export const generateDataKeyWithoutPlaintext: Operation<
  GenerateDataKeyWithoutPlaintextRequest,
  GenerateDataKeyWithoutPlaintextResult
> = {
  accepts: dataKeyMembers,
  async run(input, context) {
    const operation = 'GenerateDataKeyWithoutPlaintext';
    const { blob, arn } = await newDataKey(input, operation, context);
    return { CiphertextBlob: blob, KeyId: arn };
  },
};
