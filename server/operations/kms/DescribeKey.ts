import type { DescribeKeyRequest, DescribeKeyResult } from '../../../api/generated/kms-types.ts';
import { checkGrantTokens } from '../../domain/kms-grants.ts';
import { defaultAlias, ensureDefaultKey, requiredKeyFor } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { keyMetadata } from '../shapes/kms.ts';

/** Asked for by its alias, the service's key is made where there is none yet. */
export const describeKey: Operation<DescribeKeyRequest, DescribeKeyResult> = {
  accepts: ['KeyId', 'GrantTokens'],
  async run({ KeyId, GrantTokens }, { catalog, caller, ...making }) {
    checkGrantTokens(GrantTokens);
    if (KeyId === defaultAlias) {
      const row = await catalog.write((transaction) =>
        ensureDefaultKey(transaction, caller, making),
      );
      return { KeyMetadata: keyMetadata(row) };
    }
    const now = making.clock.now();
    const row = await catalog.read((reader) =>
      requiredKeyFor(reader, caller, KeyId, 'DescribeKey', now),
    );
    return { KeyMetadata: keyMetadata(row) };
  },
};
