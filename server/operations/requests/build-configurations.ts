/** What requests say of the machines that images are built on, and of where images go. */
import type {
  Distribution as DistributionRequest,
  LaunchPermissionConfiguration,
  UpdateInfrastructureConfigurationRequest,
} from '../../../api/generated/imagebuilder-types.ts';
import type {
  Distribution,
  Distributions,
  Infrastructure,
} from '../../catalog/rows/build-configuration.ts';
import { permissionOf } from '../../domain/image-permissions.ts';
import { checkedName, invalidParameter, slugOf } from '../../domain/imagebuilder/arns.ts';
import { inItsErrors } from '../../domain/imagebuilder/configurations.ts';
import { checkedParameterName } from '../../domain/parameters.ts';
import { builderTags, builderText } from './image-builder.ts';
import { metadataOptions } from './metadata-options.ts';

/** As documented. */
const profilePattern = /^[\w+=,.@-]{1,256}$/;
const resourceTagsMax = 30;

/** Each change says all of it anew, but for its name. */
export async function infrastructureOf(
  input: Omit<UpdateInfrastructureConfigurationRequest, 'infrastructureConfigurationArn'>,
  name: string,
): Promise<Infrastructure> {
  const { instanceProfileName, resourceTags = {}, instanceMetadataOptions: options } = input;
  if (!profilePattern.test(instanceProfileName)) {
    throw invalidParameter('instanceProfileName', instanceProfileName, 'is no name of a profile');
  }
  if (Object.keys(resourceTags).length > resourceTagsMax) {
    throw invalidParameter('resourceTags', '', `are more than ${resourceTagsMax}`);
  }
  const metadata = await inItsErrors(async () =>
    metadataOptions({
      HttpTokens: options?.httpTokens,
      HttpPutResponseHopLimit: options?.httpPutResponseHopLimit,
    }),
  );
  return {
    name: checkedName(name),
    slug: slugOf(name),
    description: builderText(input.description, 'description'),
    instanceTypes: input.instanceTypes ?? [],
    instanceProfileName,
    subnetId: builderText(input.subnetId, 'subnetId'),
    securityGroupIds: input.securityGroupIds ?? [],
    keyPair: builderText(input.keyPair, 'keyPair'),
    terminateInstanceOnFailure: input.terminateInstanceOnFailure ?? true,
    metadataOptions: options && metadata,
    resourceTags: builderTags(resourceTags),
    availabilityZone: input.placement?.availabilityZone,
  };
}

export async function distributionsOf(
  input: { description?: string; distributions: DistributionRequest[] },
  name: string,
): Promise<Distributions> {
  return {
    name: checkedName(name),
    slug: slugOf(name),
    description: builderText(input.description, 'description'),
    distributions: await inItsErrors(async () => input.distributions.map(distributionOf)),
  };
}

function distributionOf(asked: DistributionRequest): Distribution {
  const { amiDistributionConfiguration: ami } = asked;
  return {
    region: asked.region,
    ami: ami && {
      name: ami.name,
      description: builderText(ami.description, 'description'),
      tags: builderTags(ami.amiTags),
      kmsKeyId: builderText(ami.kmsKeyId, 'kmsKeyId'),
      launchPermission: ami.launchPermission && permissions(ami.launchPermission),
    },
    launchTemplates: (asked.launchTemplateConfigurations ?? []).map(
      ({ launchTemplateId, setDefaultVersion = false }) => ({
        launchTemplateId,
        setDefaultVersion,
      }),
    ),
    parameters: (asked.ssmParameterConfigurations ?? []).map(
      ({ parameterName, dataType = 'aws:ec2:image' }) => {
        if (dataType !== 'text' && dataType !== 'aws:ec2:image') {
          throw invalidParameter('dataType', dataType, 'is neither text nor aws:ec2:image');
        }
        return { name: checkedParameterName(parameterName), dataType };
      },
    ),
  };
}

function permissions(asked: LaunchPermissionConfiguration) {
  const { userIds = [], userGroups = [] } = asked;
  const { organizationArns = [], organizationalUnitArns = [] } = asked;
  return {
    userIds: userIds.map((id) => permissionOf('userId', id)),
    userGroups: userGroups.map((group) => permissionOf('group', group)),
    organizationArns: organizationArns.map((arn) => permissionOf('organizationArn', arn)),
    organizationalUnitArns: organizationalUnitArns.map((arn) =>
      permissionOf('organizationalUnitArn', arn),
    ),
  };
}
