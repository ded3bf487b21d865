import type {
  DeleteDistributionConfigurationRequest,
  DeleteDistributionConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteNamed } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';

export const deleteDistributionConfiguration: Operation<
  DeleteDistributionConfigurationRequest,
  DeleteDistributionConfigurationResponse
> = {
  accepts: ['distributionConfigurationArn'],
  async run({ distributionConfigurationArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'distributionConfigurationArn', 'distribution-configuration', 'none');
    await catalog.write((transaction) =>
      deleteNamed(transaction, caller, 'distribution-configuration', arn),
    );
    return { requestId, distributionConfigurationArn: arn };
  },
};
