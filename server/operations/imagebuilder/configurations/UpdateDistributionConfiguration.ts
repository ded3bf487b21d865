import type {
  UpdateDistributionConfigurationRequest,
  UpdateDistributionConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { changeNamed, checkDistributions } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';
import { distributionsOf } from '../../requests/build-configurations.ts';
import { made } from '../../requests/image-builder.ts';

/** What is left out is as in a new one. */
export const updateDistributionConfiguration: Operation<
  UpdateDistributionConfigurationRequest,
  UpdateDistributionConfigurationResponse
> = {
  accepts: [
    'distributionConfigurationArn',
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
  ],
  async run(input, context) {
    const { caller, catalog, clock, requestId, site } = context;
    const { distributionConfigurationArn: arn } = input;
    const { slug } = parsedArn(
      arn,
      'distributionConfigurationArn',
      'distribution-configuration',
      'none',
    );
    const { name: _, ...says } = await distributionsOf(input, slug);
    const updatedAt = clock.now().toISOString();
    await catalog.write((transaction) =>
      made(transaction, context, 'UpdateDistributionConfiguration', input, () =>
        changeNamed(transaction, caller, 'distribution-configuration', arn, async (row) => {
          const changed = { ...row, ...says, updatedAt };
          await checkDistributions(changed, site);
          return changed;
        }),
      ),
    );
    return { requestId, clientToken: input.clientToken, distributionConfigurationArn: arn };
  },
};
