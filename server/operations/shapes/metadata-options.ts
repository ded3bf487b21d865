/** Options of the metadata service as EC2 shows them. */
import type {
  InstanceMetadataDefaultsResponse,
  InstanceMetadataOptionsResponse,
} from '../../../api/generated/ec2-types.ts';
import type { MetadataDefaults } from '../../catalog/rows/account.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';

export function metadataOptionsShape(
  { metadataOptions: options }: InstanceRow,
  state: 'pending' | 'applied',
): InstanceMetadataOptionsResponse {
  return {
    State: state,
    HttpTokens: options.httpTokens,
    HttpPutResponseHopLimit: options.httpPutResponseHopLimit,
    HttpEndpoint: options.httpEndpoint,
    HttpProtocolIpv6: 'disabled',
    InstanceMetadataTags: options.instanceMetadataTags ?? 'disabled',
  };
}

export function metadataDefaultsShape(
  defaults: MetadataDefaults = {},
): InstanceMetadataDefaultsResponse {
  return {
    HttpTokens: defaults.httpTokens,
    HttpPutResponseHopLimit: defaults.httpPutResponseHopLimit,
    HttpEndpoint: defaults.httpEndpoint,
    InstanceMetadataTags: defaults.instanceMetadataTags,
    HttpTokensEnforced: defaults.httpTokensEnforced,
    ManagedBy: 'account',
  };
}
