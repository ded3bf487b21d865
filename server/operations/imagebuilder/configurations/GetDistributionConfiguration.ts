import type {
  GetDistributionConfigurationRequest,
  GetDistributionConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { distributionShape } from '../../shapes/build-configurations.ts';

export const getDistributionConfiguration: Operation<
  GetDistributionConfigurationRequest,
  GetDistributionConfigurationResponse
> = {
  accepts: ['distributionConfigurationArn'],
  async run({ distributionConfigurationArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'distributionConfigurationArn', 'distribution-configuration', 'none');
    const row = await catalog.read((reader) =>
      requiredByArn(reader, caller, 'distribution-configuration', arn),
    );
    return { requestId, distributionConfiguration: distributionShape(row, row) };
  },
};
