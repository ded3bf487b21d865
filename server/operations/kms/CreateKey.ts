import type { CreateKeyRequest, CreateKeyResult } from '../../../api/generated/kms-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { createKey as create } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { kmsTags } from '../requests/kms.ts';
import { keyMetadata, symmetric } from '../shapes/kms.ts';

/** Symmetric keys only. */
export const createKey: Operation<CreateKeyRequest, CreateKeyResult> = {
  accepts: ['Description', 'Tags', 'KeySpec', 'CustomerMasterKeySpec', 'KeyUsage'],
  fixed: { Origin: 'AWS_KMS', MultiRegion: false, BypassPolicyLockoutSafetyCheck: [true, false] },
  async run(input, { catalog, caller, ...making }) {
    const { KeySpec = symmetric, CustomerMasterKeySpec = symmetric } = input;
    const { KeyUsage = 'ENCRYPT_DECRYPT', Description: description = '' } = input;
    for (const spec of [KeySpec, CustomerMasterKeySpec]) {
      if (spec !== symmetric) throw unsupported(`keys of the spec ${spec}`);
    }
    if (KeyUsage !== 'ENCRYPT_DECRYPT') throw unsupported(`keys for ${KeyUsage}`);
    const asked = { description, manager: 'CUSTOMER', tags: kmsTags(input.Tags) } as const;
    const row = await catalog.write((transaction) => create(transaction, caller, asked, making));
    return { KeyMetadata: keyMetadata(row) };
  },
};

function unsupported(what: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperationException',
    `Imago has no ${what}: symmetric keys that encrypt and decrypt are all there is.`,
  );
}
