import type {
  ListWorkflowExecutionsRequest,
  ListWorkflowExecutionsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { parsedArn, requiredByArn } from '../../../domain/imagebuilder/arns.ts';
import type { Operation } from '../../operation.ts';
import { pageOfList } from '../../requests/image-builder.ts';
import { workflowShape } from '../../shapes/image-builds.ts';

/** In order of time. */
export const listWorkflowExecutions: Operation<
  ListWorkflowExecutionsRequest,
  ListWorkflowExecutionsResponse
> = {
  accepts: ['imageBuildVersionArn', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { imageBuildVersionArn: arn } = input;
    parsedArn(arn, 'imageBuildVersionArn', 'image', 'build');
    const { workflows } = await catalog.read((reader) =>
      requiredByArn(reader, caller, 'image', arn),
    );
    const { shown, nextToken } = pageOfList(
      workflows,
      input,
      caller,
      `ListWorkflowExecutions ${arn}`,
    );
    return {
      requestId,
      workflowExecutions: shown.map(workflowShape),
      imageBuildVersionArn: arn,
      nextToken,
    };
  },
};
