/** What Image Builder answers of the machines that images are built on, and of where images go. */
import type {
  DistributionConfiguration,
  Distribution as DistributionShape,
  InfrastructureConfiguration,
} from '../../../api/generated/imagebuilder-types.ts';
import type {
  Distribution,
  Distributions,
  Infrastructure,
} from '../../catalog/rows/build-configuration.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { distributionTimeoutMinutes } from '../../domain/imagebuilder/configurations.ts';

/** What a row has, and the copy of a build has not. */
interface About {
  id: string;
  createdAt?: string;
  updatedAt?: string;
  tags?: Tags;
}

export function infrastructureShape(
  says: Infrastructure,
  { id, createdAt, updatedAt = createdAt, tags }: About,
): InfrastructureConfiguration {
  const { availabilityZone, metadataOptions } = says;
  return {
    arn: id,
    name: says.name,
    description: says.description,
    instanceTypes: says.instanceTypes,
    instanceProfileName: says.instanceProfileName,
    securityGroupIds: says.securityGroupIds,
    subnetId: says.subnetId,
    keyPair: says.keyPair,
    terminateInstanceOnFailure: says.terminateInstanceOnFailure,
    dateCreated: createdAt,
    dateUpdated: updatedAt,
    resourceTags: says.resourceTags,
    instanceMetadataOptions: metadataOptions,
    tags,
    placement:
      availabilityZone === undefined ? undefined : { availabilityZone, tenancy: 'default' },
  };
}

export function distributionShape(
  { name, description, distributions }: Distributions,
  { id, createdAt, updatedAt = createdAt, tags }: About,
): DistributionConfiguration {
  return {
    arn: id,
    name,
    description,
    distributions: distributions.map(inRegion),
    timeoutMinutes: distributionTimeoutMinutes,
    dateCreated: createdAt,
    dateUpdated: updatedAt,
    tags,
  };
}

function inRegion({ region, ami, launchTemplates, parameters }: Distribution): DistributionShape {
  return {
    region,
    amiDistributionConfiguration: ami && {
      name: ami.name,
      description: ami.description,
      amiTags: ami.tags,
      kmsKeyId: ami.kmsKeyId,
      launchPermission: ami.launchPermission,
    },
    launchTemplateConfigurations: launchTemplates.length > 0 ? launchTemplates : undefined,
    ssmParameterConfigurations:
      parameters.length > 0
        ? parameters.map(({ name: parameterName, dataType }) => ({ parameterName, dataType }))
        : undefined,
  };
}
