import type {
  DeleteKeyPairRequest,
  DeleteKeyPairResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { Operation } from '../../operation.ts';

/** As in EC2, a pair that is not there is as good as deleted. */
export const deleteKeyPair: Operation<DeleteKeyPairRequest, DeleteKeyPairResult> = {
  accepts: ['KeyName', 'KeyPairId'],
  async run({ KeyName: name, KeyPairId: id }, { catalog, caller }) {
    if ((name === undefined) === (id === undefined)) {
      throw new ServiceError(
        name === undefined ? 'MissingParameter' : 'InvalidParameterCombination',
        'The request must contain either KeyName or KeyPairId.',
      );
    }
    const { account, region } = caller;
    const deleted = await catalog.write(async ({ keyPairs }) => {
      const [row] = await keyPairs.list({ where: { account, region, name, id } });
      if (row) await keyPairs.delete(row.id);
      return row?.id;
    });
    return { Return: true, KeyPairId: deleted };
  },
};
