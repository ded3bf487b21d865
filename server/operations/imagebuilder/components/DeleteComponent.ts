import type {
  DeleteComponentRequest,
  DeleteComponentResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn } from '../../../domain/imagebuilder/arns.ts';
import { deleteComponent as remove } from '../../../domain/imagebuilder/components.ts';
import type { Operation } from '../../operation.ts';

export const deleteComponent: Operation<DeleteComponentRequest, DeleteComponentResponse> = {
  accepts: ['componentBuildVersionArn'],
  async run({ componentBuildVersionArn: arn }, { catalog, caller, requestId }) {
    parsedArn(arn, 'componentBuildVersionArn', 'component', 'build');
    await catalog.write((transaction) => remove(transaction, caller, arn));
    return { requestId, componentBuildVersionArn: arn };
  },
};
