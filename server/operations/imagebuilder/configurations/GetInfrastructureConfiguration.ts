import type {
  GetInfrastructureConfigurationRequest,
  GetInfrastructureConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { infrastructureShape } from '../../shapes/build-configurations.ts';

export const getInfrastructureConfiguration: Operation<
  GetInfrastructureConfigurationRequest,
  GetInfrastructureConfigurationResponse
> = {
  accepts: ['infrastructureConfigurationArn'],
  async run({ infrastructureConfigurationArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'infrastructureConfigurationArn', 'infrastructure-configuration', 'none');
    const row = await catalog.read((reader) =>
      requiredByArn(reader, caller, 'infrastructure-configuration', arn),
    );
    return { requestId, infrastructureConfiguration: infrastructureShape(row, row) };
  },
};
