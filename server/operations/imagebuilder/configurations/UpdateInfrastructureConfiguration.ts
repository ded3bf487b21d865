import type {
  UpdateInfrastructureConfigurationRequest,
  UpdateInfrastructureConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { changeNamed, checkInfrastructure } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';
import { infrastructureOf } from '../../requests/build-configurations.ts';
import { made } from '../../requests/image-builder.ts';

/** What is left out is as in a new one. */
export const updateInfrastructureConfiguration: Operation<
  UpdateInfrastructureConfigurationRequest,
  UpdateInfrastructureConfigurationResponse
> = {
  accepts: [
    'infrastructureConfigurationArn',
    'description',
    'instanceTypes',
    'instanceProfileName',
    'securityGroupIds',
    'subnetId',
    'keyPair',
    'terminateInstanceOnFailure',
    'resourceTags',
    'instanceMetadataOptions',
    'placement.availabilityZone',
    'clientToken',
  ],
  fixed: { 'placement.tenancy': 'default' },
  async run(input, context) {
    const { caller, catalog, clock, requestId, site } = context;
    const { infrastructureConfigurationArn: arn } = input;
    const { slug } = parsedArn(
      arn,
      'infrastructureConfigurationArn',
      'infrastructure-configuration',
      'none',
    );
    const { name: _, ...says } = await infrastructureOf(input, slug);
    const updatedAt = clock.now().toISOString();
    await catalog.write((transaction) =>
      made(transaction, context, 'UpdateInfrastructureConfiguration', input, () =>
        changeNamed(transaction, caller, 'infrastructure-configuration', arn, async (row) => {
          const changed = { ...row, ...says, updatedAt };
          await checkInfrastructure(transaction, caller, changed, site);
          return changed;
        }),
      ),
    );
    return { requestId, clientToken: input.clientToken, infrastructureConfigurationArn: arn };
  },
};
