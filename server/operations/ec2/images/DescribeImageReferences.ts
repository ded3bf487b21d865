import type {
  DescribeImageReferencesRequest,
  DescribeImageReferencesResult,
  ResourceTypeRequest,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import {
  type ReferenceScope,
  referenceScope,
  referencesOf,
  referencingTypes,
} from '../../../domain/image-references.ts';
import { listedImages } from '../../../domain/images.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';

/** EC2's default. */
const versionDepth = 10;
const imagesMax = 10;

/** The caller's own, in the region. */
export const describeImageReferences: Operation<
  DescribeImageReferencesRequest,
  DescribeImageReferencesResult
> = {
  accepts: ['ImageIds', 'IncludeAllResourceTypes', 'ResourceTypes', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller, clock }) {
    const { ImageIds: ids, IncludeAllResourceTypes: all, ResourceTypes: types = [] } = input;
    if (!all && types.length === 0) {
      throw new ServiceError(
        'MissingParameter',
        'The request must contain IncludeAllResourceTypes or ResourceTypes.',
      );
    }
    if (ids.length > imagesMax) {
      throw new ServiceError(
        'InvalidParameterValue',
        `At most ${imagesMax} images can be asked for in one request.`,
      );
    }
    const action = `DescribeImageReferences ${ids.join()}`;
    const page = pageOf(input, { ...caller, action }, usualPageBounds);
    const scopes = new Map<string, ReferenceScope>();
    for (const ResourceType of all ? referencingTypes : []) {
      scopes.set(ResourceType, readScope({ ResourceType }));
    }
    for (const each of types) scopes.set(each.ResourceType ?? '', readScope(each));
    const references = await catalog.read(async (reader) => {
      await listedImages(reader, caller, ids, clock.now());
      return referencesOf(reader, caller, ids, [...scopes.values()]);
    });
    const rows = references.map((each) => ({ id: `${each.imageId} ${each.arn}`, ...each }));
    const { rows: shown, nextToken } = cutPage(
      rows.sort((a, b) => (a.id < b.id ? -1 : 1)),
      page,
    );
    return {
      ImageReferences: shown.map(({ imageId, type, arn }) => ({
        ImageId: imageId,
        ResourceType: type,
        Arn: arn,
      })),
      NextToken: nextToken,
    };
  },
};

function readScope({ ResourceType, ResourceTypeOptions = [] }: ResourceTypeRequest) {
  const options = ResourceTypeOptions.map(({ OptionName: name, OptionValues: values }) => ({
    name,
    values,
  }));
  return referenceScope(ResourceType, options, versionDepth);
}
