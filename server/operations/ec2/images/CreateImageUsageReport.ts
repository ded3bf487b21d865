import type {
  CreateImageUsageReportRequest,
  CreateImageUsageReportResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { referenceScope } from '../../../domain/image-references.ts';
import { requiredOwnImage } from '../../../domain/images.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import { orderReport } from '../../../domain/usage-reports.ts';
import type { Operation } from '../../operation.ts';

/** EC2's default. */
const versionDepth = 20;
/** Parameters are not counted in reports. */
const types = [
  'ec2:Instance',
  'ec2:LaunchTemplate',
  'imagebuilder:ImageRecipe',
  'imagebuilder:ContainerRecipe',
];

export const createImageUsageReport: Operation<
  CreateImageUsageReportRequest,
  CreateImageUsageReportResult
> = {
  accepts: ['ImageId', 'ResourceTypes', 'AccountIds', 'ClientToken', 'TagSpecifications'],
  async run(input, context) {
    const { catalog, caller, clock, site } = context;
    const { ImageId, AccountIds: accountIds } = input;
    const tags = tagsOfSpecifications(input.TagSpecifications, ['image-usage-report']);
    const scopes = input.ResourceTypes.map(readScope);
    if (scopes.length === 0) {
      throw new ServiceError('MissingParameter', 'The request must contain ResourceTypes.');
    }
    const [id] = await catalog.write((transaction) =>
      idempotently(
        transaction,
        {
          account: caller.account,
          region: caller.region,
          action: 'CreateImageUsageReport',
          token: input.ClientToken,
          parameters: input,
          now: clock.now(),
        },
        async () => {
          const image = await requiredOwnImage(transaction, caller, ImageId);
          const order = { scopes, accountIds, tags: tags['image-usage-report'], host: site.hostId };
          return [await orderReport(transaction, image, order, context)];
        },
      ),
    );
    return { ReportId: id };
  },
};

function readScope({
  ResourceType = '',
  ResourceTypeOptions = [],
}: CreateImageUsageReportRequest['ResourceTypes'][number]) {
  if (!types.includes(ResourceType)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Invalid value '${ResourceType}' for resource type.`,
    );
  }
  const options = ResourceTypeOptions.map(({ OptionName: name, OptionValues: values }) => {
    if (name !== 'version-depth') {
      throw new ServiceError('InvalidParameterValue', `Invalid option '${name ?? ''}'.`);
    }
    return { name, values };
  });
  return referenceScope(ResourceType, options, versionDepth);
}
