/**
 * The one attribute that a request changes, said in one of EC2's two ways: by its own member, or by
 * Attribute and Value.
 */
import type {
  InstanceBlockDeviceMappingSpecification as Mapping,
  ModifyInstanceAttributeRequest,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { AttachmentChange } from '../../domain/instance-attributes.ts';
import { checkUserData } from '../../domain/user-data.ts';
import { oneOf } from './fixed-values.ts';

export type InstanceChange =
  | { attribute: 'blockDeviceMapping'; mappings: AttachmentChange[] }
  | { attribute: 'disableApiStop' | 'disableApiTermination'; value: boolean }
  | { attribute: 'enaSupport'; value: boolean }
  | { attribute: 'groupSet'; ids: string[] }
  | { attribute: 'instanceInitiatedShutdownBehavior'; value: 'stop' | 'terminate' }
  | { attribute: 'instanceType'; value: string }
  | { attribute: 'sriovNetSupport'; value: 'simple' }
  | { attribute: 'userData'; value: string }
  /** Of what there is one value only, and that was sent. */
  | { attribute: 'none' };

type Request = ModifyInstanceAttributeRequest;

/** By the name of the attribute, what a request says of it; undefined when it says nothing. */
const readers: Record<string, (request: Request) => InstanceChange | undefined> = {
  blockDeviceMapping: ({ BlockDeviceMappings: mappings }) =>
    mappings && { attribute: 'blockDeviceMapping', mappings: mappings.map(attachmentChange) },
  disableApiStop: ({ DisableApiStop: flag }) =>
    flag && { attribute: 'disableApiStop', value: flag.Value ?? false },
  disableApiTermination: ({ DisableApiTermination: flag }) =>
    flag && { attribute: 'disableApiTermination', value: flag.Value ?? false },
  ebsOptimized: ({ EbsOptimized: flag }) => flag && { attribute: 'none' },
  enaSupport: ({ EnaSupport: flag }) =>
    flag && { attribute: 'enaSupport', value: flag.Value ?? false },
  enclaveOptions: ({ EnclaveOptions: options }) => options && { attribute: 'none' },
  groupSet: ({ Groups: ids }) => ids && { attribute: 'groupSet', ids },
  instanceInitiatedShutdownBehavior: ({ InstanceInitiatedShutdownBehavior: text }) =>
    text && { attribute: 'instanceInitiatedShutdownBehavior', value: behavior(text.Value) },
  instanceType: ({ InstanceType: text }) =>
    text && { attribute: 'instanceType', value: text.Value ?? '' },
  sourceDestCheck: ({ SourceDestCheck: flag }) => flag && { attribute: 'none' },
  sriovNetSupport: ({ SriovNetSupport: text }) =>
    text && { attribute: 'sriovNetSupport', value: 'simple' },
  userData: ({ UserData: data }) =>
    data && { attribute: 'userData', value: Buffer.from(data.Value ?? []).toString('base64') },
};

export function instanceChange(request: Request): InstanceChange {
  const { Attribute, Value } = request;
  const name = oneOf('Attribute', Attribute, Object.keys(readers));
  const whole = Value === undefined ? request : withMember(request, name, Value);
  const changes = Object.values(readers)
    .map((read) => read(whole))
    .filter((change) => change !== undefined);
  const [change, ...others] = changes;
  if (change === undefined) {
    throw new ServiceError('InvalidParameterCombination', 'No attributes specified.');
  }
  if (others.length > 0 || (name !== undefined && readers[name]?.(whole) === undefined)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Fields for multiple attribute types specified: one attribute is modified at a time.',
    );
  }
  return change;
}

/** As if the request had said it by the attribute's own member. */
function withMember(request: Request, name: string | undefined, Value: string): Request {
  switch (name) {
    case 'disableApiStop':
      return { ...request, DisableApiStop: { Value: flag(name, Value) } };
    case 'disableApiTermination':
      return { ...request, DisableApiTermination: { Value: flag(name, Value) } };
    case 'instanceInitiatedShutdownBehavior':
      return { ...request, InstanceInitiatedShutdownBehavior: { Value } };
    case 'instanceType':
      return { ...request, InstanceType: { Value } };
    case 'userData':
      checkUserData(Value);
      return { ...request, UserData: { Value: Buffer.from(Value, 'base64') } };
    default:
      throw new ServiceError(
        'InvalidParameterCombination',
        `Value goes with an Attribute that has one, such as instanceType; this is ${name ?? 'missing'}.`,
      );
  }
}

function flag(name: string, value: string): boolean {
  return oneOf(name, value.toLowerCase(), ['true', 'false']) === 'true';
}

function behavior(value: string | undefined): 'stop' | 'terminate' {
  const name = 'InstanceInitiatedShutdownBehavior';
  return oneOf(name, value ?? '', ['stop', 'terminate']) ?? 'stop';
}

/** EC2's default of DeleteOnTermination here is true. */
function attachmentChange({ DeviceName: deviceName, Ebs }: Mapping): AttachmentChange {
  return {
    deviceName,
    volumeId: Ebs?.VolumeId,
    deleteOnTermination: Ebs?.DeleteOnTermination ?? true,
  };
}
