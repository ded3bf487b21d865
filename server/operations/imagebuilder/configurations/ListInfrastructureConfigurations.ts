import type {
  InfrastructureConfigurationSummary,
  ListInfrastructureConfigurationsRequest,
  ListInfrastructureConfigurationsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { InfrastructureConfigurationRow } from '../../../catalog/rows/build-configuration.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderFilter, builderPage } from '../../requests/image-builder.ts';
import { infrastructureShape } from '../../shapes/build-configurations.ts';

const filters = { name: ({ name }: InfrastructureConfigurationRow) => name };

export const listInfrastructureConfigurations: Operation<
  ListInfrastructureConfigurationsRequest,
  ListInfrastructureConfigurationsResponse
> = {
  accepts: ['filters', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const page = builderPage(input, caller, 'ListInfrastructureConfigurations');
    const matches = builderFilter(input.filters, filters);
    const { shown, nextToken } = await catalog.read(({ infrastructureConfigurations }) =>
      readShownPage(infrastructureConfigurations, { account, region }, page, (row) =>
        matches(row) ? summary(row) : undefined,
      ),
    );
    return { requestId, infrastructureConfigurationSummaryList: shown, nextToken };
  },
};

function summary(row: InfrastructureConfigurationRow): InfrastructureConfigurationSummary {
  const { name, description, instanceTypes, instanceProfileName } = row;
  const { arn, dateCreated, dateUpdated, resourceTags, tags, placement } = infrastructureShape(
    row,
    row,
  );
  return {
    arn,
    name,
    description,
    dateCreated,
    dateUpdated,
    resourceTags,
    tags,
    instanceTypes,
    instanceProfileName,
    placement,
  };
}
