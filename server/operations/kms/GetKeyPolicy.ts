import type { GetKeyPolicyRequest, GetKeyPolicyResult } from '../../../api/generated/kms-types.ts';
import { accountArn } from '../../domain/accounts.ts';
import { requiredOwnKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

const name = 'default';

/** All keys have the one policy that Imago keeps: their account may do everything with them. */
export const getKeyPolicy: Operation<GetKeyPolicyRequest, GetKeyPolicyResult> = {
  accepts: ['KeyId'],
  fixed: { PolicyName: name },
  async run({ KeyId }, { catalog, caller, clock }) {
    const { account } = await catalog.read((reader) =>
      requiredOwnKey(reader, caller, KeyId, clock.now()),
    );
    const policy = {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: accountArn(account) },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    };
    return { Policy: JSON.stringify(policy, undefined, 2), PolicyName: name };
  },
};
