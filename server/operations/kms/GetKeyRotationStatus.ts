import type {
  GetKeyRotationStatusRequest,
  GetKeyRotationStatusResult,
} from '../../../api/generated/kms-types.ts';
import { checkNotPending, keyArn, requiredOwnKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

/** No key is ever rotated: see docs/design/encryption.md. */
export const getKeyRotationStatus: Operation<
  GetKeyRotationStatusRequest,
  GetKeyRotationStatusResult
> = {
  accepts: ['KeyId'],
  async run({ KeyId }, { catalog, caller, clock }) {
    const row = await catalog.read((reader) => requiredOwnKey(reader, caller, KeyId, clock.now()));
    checkNotPending(row);
    return { KeyRotationEnabled: false, KeyId: keyArn(row) };
  },
};
