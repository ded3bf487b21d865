import type {
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import {
  requiredLaunchTemplate,
  requiredTemplateVersion,
  templateTokenMaxChars,
} from '../../../domain/launch-templates.ts';
import type { Operation } from '../../operation.ts';
import { launchTemplateShape } from '../../shapes/launch-templates.ts';

export const modifyLaunchTemplate: Operation<
  ModifyLaunchTemplateRequest,
  ModifyLaunchTemplateResult
> = {
  accepts: ['LaunchTemplateId', 'LaunchTemplateName', 'DefaultVersion', 'ClientToken'],
  async run(input, { catalog, caller, clock }) {
    const { DefaultVersion: version } = input;
    if (!version) {
      throw new ServiceError(
        'MissingParameter',
        'The request must contain the parameter SetDefaultVersion',
      );
    }
    const call = {
      ...caller,
      action: 'ModifyLaunchTemplate',
      token: input.ClientToken,
      tokenMaxChars: templateTokenMaxChars,
      parameters: input,
      now: clock.now(),
    };
    const row = await catalog.write(async (transaction) => {
      const template = await requiredLaunchTemplate(transaction, caller, input);
      await idempotently(transaction, call, async () => {
        const { number } = await requiredTemplateVersion(transaction, template, version);
        await transaction.launchTemplates.update({ ...template, defaultVersion: number });
        return [template.id];
      });
      return requiredLaunchTemplate(transaction, caller, { LaunchTemplateId: template.id });
    });
    return { LaunchTemplate: launchTemplateShape(row) };
  },
};
