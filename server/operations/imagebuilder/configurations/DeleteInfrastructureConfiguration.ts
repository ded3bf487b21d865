import type {
  DeleteInfrastructureConfigurationRequest,
  DeleteInfrastructureConfigurationResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteNamed } from '../../../domain/imagebuilder/configurations.ts';
import type { Operation } from '../../operation.ts';

export const deleteInfrastructureConfiguration: Operation<
  DeleteInfrastructureConfigurationRequest,
  DeleteInfrastructureConfigurationResponse
> = {
  accepts: ['infrastructureConfigurationArn'],
  async run({ infrastructureConfigurationArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'infrastructureConfigurationArn', 'infrastructure-configuration', 'none');
    await catalog.write((transaction) =>
      deleteNamed(transaction, caller, 'infrastructure-configuration', arn),
    );
    return { requestId, infrastructureConfigurationArn: arn };
  },
};
