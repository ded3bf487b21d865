import type {
  DistributionConfigurationSummary,
  ListDistributionConfigurationsRequest,
  ListDistributionConfigurationsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { DistributionConfigurationRow } from '../../../catalog/rows/build-configuration.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderFilter, builderPage } from '../../requests/image-builder.ts';
import { distributionShape } from '../../shapes/build-configurations.ts';

const filters = { name: ({ name }: DistributionConfigurationRow) => name };

export const listDistributionConfigurations: Operation<
  ListDistributionConfigurationsRequest,
  ListDistributionConfigurationsResponse
> = {
  accepts: ['filters', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { account, region } = caller;
    const page = builderPage(input, caller, 'ListDistributionConfigurations');
    const matches = builderFilter(input.filters, filters);
    const { shown, nextToken } = await catalog.read(({ distributionConfigurations }) =>
      readShownPage(distributionConfigurations, { account, region }, page, (row) =>
        matches(row) ? summary(row) : undefined,
      ),
    );
    return { requestId, distributionConfigurationSummaryList: shown, nextToken };
  },
};

function summary(row: DistributionConfigurationRow): DistributionConfigurationSummary {
  const { distributions, timeoutMinutes: _, ...told } = distributionShape(row, row);
  return { ...told, regions: distributions?.map(({ region }) => region) };
}
