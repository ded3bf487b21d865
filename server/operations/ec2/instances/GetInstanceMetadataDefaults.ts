import type {
  GetInstanceMetadataDefaultsRequest,
  GetInstanceMetadataDefaultsResult,
} from '../../../../api/generated/ec2-types.ts';
import { settingsOf } from '../../../domain/account-settings.ts';
import type { Operation } from '../../operation.ts';
import { metadataDefaultsShape } from '../../shapes/metadata-options.ts';

export const getInstanceMetadataDefaults: Operation<
  GetInstanceMetadataDefaultsRequest,
  GetInstanceMetadataDefaultsResult
> = {
  accepts: [],
  async run(_, { catalog, caller }) {
    const { metadataDefaults } = await catalog.read((reader) => settingsOf(reader, caller));
    return { AccountLevel: metadataDefaultsShape(metadataDefaults) };
  },
};
