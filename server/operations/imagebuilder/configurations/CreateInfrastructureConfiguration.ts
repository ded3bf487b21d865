import type {
  CreateInfrastructureConfigurationRequest,
  CreateInfrastructureConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { checkInfrastructure, insertNamed } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';
import { infrastructureOf } from '../../requests/build-configurations.ts';
import { builderTags, made, ownedBy } from '../../requests/image-builder.ts';

export const createInfrastructureConfiguration: Operation<
  CreateInfrastructureConfigurationRequest,
  CreateInfrastructureConfigurationResponse
> = {
  accepts: [
    'name',
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
    'tags',
  ],
  fixed: { 'placement.tenancy': 'default' },
  async run(input, context) {
    const { caller, catalog, requestId, site } = context;
    const says = await infrastructureOf(input, input.name);
    const row = { ...ownedBy(context), ...says, tags: builderTags(input.tags) };
    const arn = await catalog.write((transaction) =>
      made(transaction, context, 'CreateInfrastructureConfiguration', input, async () => {
        await checkInfrastructure(transaction, caller, says, site);
        return insertNamed(transaction, 'infrastructure-configuration', row);
      }),
    );
    return { requestId, clientToken: input.clientToken, infrastructureConfigurationArn: arn };
  },
};
