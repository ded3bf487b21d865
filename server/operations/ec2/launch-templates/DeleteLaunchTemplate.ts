import type {
  DeleteLaunchTemplateRequest,
  DeleteLaunchTemplateResult,
} from '../../../../api/generated/ec2-types.ts';
import { deleteTemplate } from '../../../domain/launch-template-removal.ts';
import { requiredLaunchTemplate } from '../../../domain/launch-templates.ts';
import type { Operation } from '../../operation.ts';
import { launchTemplateShape } from '../../shapes/launch-templates.ts';

export const deleteLaunchTemplate: Operation<
  DeleteLaunchTemplateRequest,
  DeleteLaunchTemplateResult
> = {
  accepts: ['LaunchTemplateId', 'LaunchTemplateName'],
  async run(input, { catalog, caller }) {
    const template = await catalog.write(async (transaction) => {
      const row = await requiredLaunchTemplate(transaction, caller, input);
      await deleteTemplate(transaction, row);
      return row;
    });
    return { LaunchTemplate: launchTemplateShape(template) };
  },
};
