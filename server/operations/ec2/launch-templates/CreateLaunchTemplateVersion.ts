import type {
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult,
} from '../../../../api/generated/ec2-types.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import {
  addTemplateVersion,
  requiredLaunchTemplate,
  requiredTemplateVersion,
  templateTokenMaxChars,
} from '../../../domain/launch-templates.ts';
import type { Operation } from '../../operation.ts';
import {
  acceptedTemplateData,
  fixedTemplateData,
  inheritedData,
  templateData,
  templateProblems,
  warningOf,
} from '../../requests/launch-template-data.ts';
import { launchTemplateVersionShape, resolvedVersion } from '../../shapes/launch-templates.ts';

export const createLaunchTemplateVersion: Operation<
  CreateLaunchTemplateVersionRequest,
  CreateLaunchTemplateVersionResult
> = {
  accepts: [
    'LaunchTemplateId',
    'LaunchTemplateName',
    'SourceVersion',
    'VersionDescription',
    'ClientToken',
    'ResolveAlias',
    ...acceptedTemplateData,
  ],
  fixed: fixedTemplateData,
  async run(input, { catalog, caller, clock, site }) {
    const { SourceVersion: from, VersionDescription: description } = input;
    const given = templateData(input.LaunchTemplateData);
    const now = clock.now();
    const call = {
      ...caller,
      action: 'CreateLaunchTemplateVersion',
      token: input.ClientToken,
      tokenMaxChars: templateTokenMaxChars,
      parameters: input,
      now,
    };
    return catalog.write(async (transaction) => {
      const template = await requiredLaunchTemplate(transaction, caller, input);
      const [number] = await idempotently(transaction, call, async () => {
        const source = from && (await requiredTemplateVersion(transaction, template, from));
        const data = source ? inheritedData(source.data, given) : given;
        const made = await addTemplateVersion(transaction, template, { description, data }, clock);
        return [String(made.number)];
      });
      const row = await requiredTemplateVersion(transaction, template, number);
      const shown = launchTemplateVersionShape(row, template);
      return {
        LaunchTemplateVersion: input.ResolveAlias
          ? await resolvedVersion(transaction, caller, shown, now)
          : shown,
        Warning: warningOf(await templateProblems(transaction, caller, row.data, { now, site })),
      };
    });
  },
};
