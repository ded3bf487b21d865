import type {
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateResult,
} from '../../../../api/generated/ec2-types.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import {
  addLaunchTemplate,
  requiredLaunchTemplate,
  templateTokenMaxChars,
} from '../../../domain/launch-templates.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import {
  acceptedTemplateData,
  fixedTemplateData,
  templateData,
  templateProblems,
  warningOf,
} from '../../requests/launch-template-data.ts';
import { launchTemplateShape } from '../../shapes/launch-templates.ts';

export const createLaunchTemplate: Operation<
  CreateLaunchTemplateRequest,
  CreateLaunchTemplateResult
> = {
  accepts: [
    'LaunchTemplateName',
    'VersionDescription',
    'TagSpecifications',
    'ClientToken',
    ...acceptedTemplateData,
  ],
  fixed: fixedTemplateData,
  async run(input, { catalog, caller, clock, ids, site }) {
    const { LaunchTemplateName: name, VersionDescription: description } = input;
    const data = templateData(input.LaunchTemplateData);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['launch-template']);
    const now = clock.now();
    const call = {
      ...caller,
      action: 'CreateLaunchTemplate',
      token: input.ClientToken,
      tokenMaxChars: templateTokenMaxChars,
      parameters: input,
      now,
    };
    return catalog.write(async (transaction) => {
      const problems = await templateProblems(transaction, caller, data, { now, site });
      const [id] = await idempotently(transaction, call, async () => {
        const made = { name, description, data, tags: tags['launch-template'] };
        const template = await addLaunchTemplate(transaction, caller, made, { clock, ids });
        return [template.id];
      });
      const row = await requiredLaunchTemplate(transaction, caller, { LaunchTemplateId: id });
      return { LaunchTemplate: launchTemplateShape(row), Warning: warningOf(problems) };
    });
  },
};
