/**
 * Options of the metadata service as requests say them: of a launch, of an instance, of an account.
 */
import type {
  InstanceMetadataOptionsRequest,
  ModifyInstanceMetadataDefaultsRequest,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { MetadataDefaults } from '../../catalog/rows/account.ts';
import type { MetadataOptions } from '../../catalog/rows/instance.ts';
import { oneOf } from './fixed-values.ts';

/** EC2's range of hops. */
const hopLimitMax = 64;

const onOff = ['enabled', 'disabled'] as const;

/** What is left out is left out. */
export function metadataOptions(
  request: Omit<InstanceMetadataOptionsRequest, 'HttpProtocolIpv6'> = {},
): Partial<MetadataOptions> {
  const { HttpPutResponseHopLimit: hops } = request;
  if (hops !== undefined && (hops < 1 || hops > hopLimitMax)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `HttpPutResponseHopLimit is a number from 1 to ${hopLimitMax}.`,
    );
  }
  const httpTokens = oneOf('HttpTokens', request.HttpTokens, ['optional', 'required']);
  const httpEndpoint = oneOf('HttpEndpoint', request.HttpEndpoint, onOff);
  const tags = oneOf('InstanceMetadataTags', request.InstanceMetadataTags, onOff);
  return {
    ...(httpTokens && { httpTokens }),
    ...(hops !== undefined && { httpPutResponseHopLimit: hops }),
    ...(httpEndpoint && { httpEndpoint }),
    ...(tags && { instanceMetadataTags: tags }),
  };
}

const noPreference = 'no-preference';

/** The account's as they are after the request: it takes back what it says it does not prefer. */
export function metadataDefaults(
  { HttpPutResponseHopLimit: hops, ...request }: ModifyInstanceMetadataDefaultsRequest,
  before: MetadataDefaults = {},
): MetadataDefaults {
  const enforced = oneOf('HttpTokensEnforced', request.HttpTokensEnforced, [
    'enabled',
    'disabled',
    noPreference,
  ]);
  const wanted = (value: string | undefined) => (value === noPreference ? undefined : value);
  const set = metadataOptions({
    HttpTokens: wanted(request.HttpTokens),
    HttpPutResponseHopLimit: hops === -1 ? undefined : hops,
    HttpEndpoint: wanted(request.HttpEndpoint),
    InstanceMetadataTags: wanted(request.InstanceMetadataTags),
  });
  const after: MetadataDefaults = { ...before, ...set };
  if (enforced && enforced !== noPreference) after.httpTokensEnforced = enforced;
  if (request.HttpTokens === noPreference) delete after.httpTokens;
  if (hops === -1) delete after.httpPutResponseHopLimit;
  if (request.HttpEndpoint === noPreference) delete after.httpEndpoint;
  if (request.InstanceMetadataTags === noPreference) delete after.instanceMetadataTags;
  if (enforced === noPreference) delete after.httpTokensEnforced;
  return after;
}
