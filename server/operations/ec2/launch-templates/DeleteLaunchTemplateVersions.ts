import type {
  DeleteLaunchTemplateVersionsRequest,
  DeleteLaunchTemplateVersionsResult,
} from '../../../../api/generated/ec2-types.ts';
import { deleteTemplateVersions } from '../../../domain/launch-template-removal.ts';
import { requiredLaunchTemplate } from '../../../domain/launch-templates.ts';
import type { Operation } from '../../operation.ts';

export const deleteLaunchTemplateVersions: Operation<
  DeleteLaunchTemplateVersionsRequest,
  DeleteLaunchTemplateVersionsResult
> = {
  accepts: ['LaunchTemplateId', 'LaunchTemplateName', 'Versions'],
  async run(input, { catalog, caller }) {
    const { template, removals } = await catalog.write(async (transaction) => {
      const template = await requiredLaunchTemplate(transaction, caller, input);
      const removals = await deleteTemplateVersions(transaction, template, input.Versions);
      return { template, removals };
    });
    const { id: LaunchTemplateId, name: LaunchTemplateName } = template;
    const named = { LaunchTemplateId, LaunchTemplateName };
    const deleted = removals.filter(({ refused }) => !refused);
    const kept = removals.filter(({ refused }) => refused);
    return {
      SuccessfullyDeletedLaunchTemplateVersions: deleted.map(({ number }) => ({
        ...named,
        VersionNumber: number,
      })),
      UnsuccessfullyDeletedLaunchTemplateVersions: kept.map(({ number, refused }) => ({
        ...named,
        VersionNumber: number,
        ResponseError: { Code: refused?.code, Message: refused?.message },
      })),
    };
  },
};
