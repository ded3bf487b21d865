import type {
  ModifyInstanceMetadataDefaultsRequest,
  ModifyInstanceMetadataDefaultsResult,
} from '../../../../api/generated/ec2-types.ts';
import { changeSettings, settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';
import { metadataDefaults } from '../../requests/metadata-options.ts';

export const modifyInstanceMetadataDefaults: Operation<
  ModifyInstanceMetadataDefaultsRequest,
  ModifyInstanceMetadataDefaultsResult
> = {
  accepts: [
    'HttpTokens',
    'HttpPutResponseHopLimit',
    'HttpEndpoint',
    'InstanceMetadataTags',
    'HttpTokensEnforced',
  ],
  async run(input, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const before = await settingsOf(transaction, caller);
      const after = metadataDefaults(input, before.metadataDefaults);
      await changeSettings(transaction, caller, { metadataDefaults: after });
    });
    return { Return: true };
  },
};
