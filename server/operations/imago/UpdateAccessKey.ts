import type { AccessKeyResult, UpdateAccessKeyRequest } from '../../../api/imago-accounts.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { setKeyDisabled } from '../../domain/access-keys.ts';
import type { Operation } from '../operation.ts';
import { accessKeyShape } from '../shapes/accounts.ts';

export const updateAccessKey: Operation<UpdateAccessKeyRequest, AccessKeyResult> = {
  accepts: ['AccessKeyId', 'Status'],
  async run({ AccessKeyId: id, Status: status }, { catalog, caller }) {
    if (status !== 'Active' && status !== 'Inactive') {
      throw new ServiceError('InvalidParameterValue', 'Status is Active or Inactive.');
    }
    const row = await catalog.write(async (transaction) => {
      return setKeyDisabled(transaction, caller, id, status === 'Inactive');
    });
    return { AccessKey: accessKeyShape(row) };
  },
};
