import type {
  InstanceCreditSpecificationRequest,
  ModifyInstanceCreditSpecificationRequest,
  ModifyInstanceCreditSpecificationResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { withCpuCredits } from '../../../domain/instance-attributes.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { cpuCredits } from '../../requests/launch.ts';

const action = 'ModifyInstanceCreditSpecification';

export const modifyInstanceCreditSpecification: Operation<
  ModifyInstanceCreditSpecificationRequest,
  ModifyInstanceCreditSpecificationResult
> = {
  accepts: ['ClientToken', 'InstanceCreditSpecifications'],
  async run(input, { catalog, caller, clock }) {
    const { ClientToken: token, InstanceCreditSpecifications: wanted } = input;
    const call = { ...caller, action, token, parameters: input, now: clock.now() };
    return catalog.write(async (transaction) => {
      const failures = new Map<string, ServiceError>();
      const ids = await idempotently(transaction, call, async () => {
        for (const each of wanted) {
          const failure = await failureOf(() => change(transaction, caller, each));
          if (failure) failures.set(each.InstanceId, failure);
        }
        return wanted.map(({ InstanceId }) => InstanceId).filter((id) => !failures.has(id));
      });
      return {
        SuccessfulInstanceCreditSpecifications: ids.map((InstanceId) => ({ InstanceId })),
        UnsuccessfulInstanceCreditSpecifications: [...failures].map(
          ([InstanceId, { code, message }]) => ({
            InstanceId,
            Error: { Code: code, Message: message },
          }),
        ),
      };
    });
  },
};

async function change(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { InstanceId, CpuCredits }: InstanceCreditSpecificationRequest,
): Promise<void> {
  const credits = cpuCredits(CpuCredits);
  if (credits === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain CpuCredits.');
  }
  const row = await requiredInstance(transaction, viewer, InstanceId);
  await transaction.instances.update(withCpuCredits(row, credits));
}

/** Those that EC2 answers beside the successes; any other is the whole request's. */
const ownFailures = [
  'IncorrectInstanceState',
  'InstanceCreditSpecification.NotSupported',
  'InvalidInstanceID.Malformed',
  'InvalidInstanceID.NotFound',
];

async function failureOf(work: () => Promise<void>): Promise<ServiceError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError && ownFailures.includes(error.code)) return error;
    throw error;
  }
}
