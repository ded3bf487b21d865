import type {
  CreateDistributionConfigurationRequest,
  CreateDistributionConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { checkDistributions, insertNamed } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';
import { distributionsOf } from '../../requests/build-configurations.ts';
import { builderTags, made, ownedBy } from '../../requests/image-builder.ts';

export const createDistributionConfiguration: Operation<
  CreateDistributionConfigurationRequest,
  CreateDistributionConfigurationResponse
> = {
  accepts: [
    'name',
    'description',
    'distributions.region',
    'distributions.amiDistributionConfiguration.name',
    'distributions.amiDistributionConfiguration.description',
    'distributions.amiDistributionConfiguration.amiTags',
    'distributions.amiDistributionConfiguration.kmsKeyId',
    'distributions.amiDistributionConfiguration.launchPermission',
    'distributions.launchTemplateConfigurations.launchTemplateId',
    'distributions.launchTemplateConfigurations.setDefaultVersion',
    'distributions.ssmParameterConfigurations.parameterName',
    'distributions.ssmParameterConfigurations.dataType',
    'clientToken',
    'tags',
  ],
  async run(input, context) {
    const { catalog, requestId, site } = context;
    const says = await distributionsOf(input, input.name);
    const row = { ...ownedBy(context), ...says, tags: builderTags(input.tags) };
    const arn = await catalog.write((transaction) =>
      made(transaction, context, 'CreateDistributionConfiguration', input, async () => {
        await checkDistributions(says, site);
        return insertNamed(transaction, 'distribution-configuration', row);
      }),
    );
    return { requestId, clientToken: input.clientToken, distributionConfigurationArn: arn };
  },
};
