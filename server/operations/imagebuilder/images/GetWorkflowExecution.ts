import type {
  GetWorkflowExecutionRequest,
  GetWorkflowExecutionResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { buildOfWorkflow, noExecution } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';
import { workflowShape } from '../../shapes/image-builds.ts';

export const getWorkflowExecution: Operation<
  GetWorkflowExecutionRequest,
  GetWorkflowExecutionResponse
> = {
  accepts: ['workflowExecutionId'],
  async run({ workflowExecutionId: id }, { catalog, caller, requestId }) {
    return catalog.read(async (reader) => {
      const row = await buildOfWorkflow(reader, caller, id);
      const workflow = row.workflows.find((each) => each.id === id);
      if (!workflow) throw noExecution(id);
      return { requestId, ...workflowShape(workflow), imageBuildVersionArn: row.id };
    });
  },
};
