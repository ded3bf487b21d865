import type {
  ModifyInstanceMetadataOptionsRequest,
  ModifyInstanceMetadataOptionsResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import { requiredInstance } from '../../../domain/instances.ts';
import { withMetadataOptions } from '../../../domain/metadata-options.ts';
import type { Operation } from '../../operation.ts';
import { metadataOptions } from '../../requests/metadata-options.ts';
import { metadataOptionsShape } from '../../shapes/metadata-options.ts';

export const modifyInstanceMetadataOptions: Operation<
  ModifyInstanceMetadataOptionsRequest,
  ModifyInstanceMetadataOptionsResult
> = {
  accepts: [
    'InstanceId',
    'HttpTokens',
    'HttpPutResponseHopLimit',
    'HttpEndpoint',
    'InstanceMetadataTags',
  ],
  fixed: { HttpProtocolIpv6: 'disabled' },
  async run({ InstanceId, ...input }, { catalog, caller }) {
    const change = metadataOptions(input);
    if (Object.keys(change).length === 0 && input.HttpProtocolIpv6 === undefined) {
      throw new ServiceError(
        'MissingParameter',
        'The request must contain at least one of the metadata options.',
      );
    }
    const row = await catalog.write(async (transaction) => {
      const before = await requiredInstance(transaction, caller, InstanceId);
      const { metadataDefaults } = await settingsOf(transaction, caller);
      return transaction.instances.update(withMetadataOptions(before, change, metadataDefaults));
    });
    // A guest that runs is told at once, but not before this answer.
    return { InstanceId, InstanceMetadataOptions: metadataOptionsShape(row, 'pending') };
  },
};
