import type {
  GetWorkflowStepExecutionRequest,
  GetWorkflowStepExecutionResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import { buildOfWorkflow, noExecution } from '../../../domain/imagebuilder/builds.ts';
import type { Operation } from '../../operation.ts';
import { stepShape } from '../../shapes/image-builds.ts';

export const getWorkflowStepExecution: Operation<
  GetWorkflowStepExecutionRequest,
  GetWorkflowStepExecutionResponse
> = {
  accepts: ['stepExecutionId'],
  async run({ stepExecutionId: id }, { catalog, caller, requestId }) {
    return catalog.read(async (reader) => {
      const row = await buildOfWorkflow(reader, caller, id);
      const workflow = row.workflows.find(({ steps }) => steps.some((step) => step.id === id));
      const step = workflow?.steps.find((each) => each.id === id);
      if (!workflow || !step) throw noExecution(id);
      return {
        requestId,
        ...stepShape(step),
        workflowExecutionId: workflow.id,
        imageBuildVersionArn: row.id,
      };
    });
  },
};
