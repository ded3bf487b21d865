import type {
  ListWorkflowStepExecutionsRequest,
  ListWorkflowStepExecutionsResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { buildOfWorkflow } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';
import { pageOfList } from '../../requests/image-builder.ts';
import { stepShape } from '../../shapes/image-builds.ts';

/** In order of time. */
export const listWorkflowStepExecutions: Operation<
  ListWorkflowStepExecutionsRequest,
  ListWorkflowStepExecutionsResponse
> = {
  accepts: ['workflowExecutionId', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller, requestId }) {
    const { workflowExecutionId: id } = input;
    const row = await catalog.read((reader) => buildOfWorkflow(reader, caller, id));
    const { steps = [] } = row.workflows.find((workflow) => workflow.id === id) ?? {};
    const action = `ListWorkflowStepExecutions ${id}`;
    const { shown, nextToken } = pageOfList(steps, input, caller, action);
    return {
      requestId,
      steps: shown.map(stepShape),
      workflowExecutionId: id,
      imageBuildVersionArn: row.id,
      nextToken,
    };
  },
};
