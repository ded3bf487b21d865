/**
 * Rules of a security group as EC2 sends them: a list of permissions, or one rule spread over the
 * request's own members.
 */
import type { IpPermission } from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { type NewRule, openPortsMax, tooManyPorts } from '../../domain/security-groups.ts';
import { formatCidr, parseCidr } from '../../foundations/ipv4.ts';

/** What is honoured of them: sources are IPv4 blocks. */
export const acceptedRules = [
  'IpProtocol',
  'FromPort',
  'ToPort',
  'CidrIp',
  'IpPermissions.IpProtocol',
  'IpPermissions.FromPort',
  'IpPermissions.ToPort',
  'IpPermissions.IpRanges',
] as const;

interface RulesRequest extends Omit<IpPermission, 'IpRanges'> {
  CidrIp?: string;
  IpPermissions?: IpPermission[];
}

/** The rules that a request names, at least one. */
export function rulesOf(request: RulesRequest): NewRule[] {
  const { IpPermissions: permissions, CidrIp, IpProtocol, FromPort, ToPort } = request;
  const flat = [CidrIp, IpProtocol, FromPort, ToPort].some((member) => member !== undefined);
  if (flat && permissions) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'The parameter ipPermissions cannot be used together with ipProtocol, fromPort, toPort and cidrIp.',
    );
  }
  const all = flat
    ? [{ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }]
    : (permissions ?? []);
  const rules = all.flatMap(rulesOfPermission);
  if (rules.length === 0) {
    throw new ServiceError('MissingParameter', 'The request must contain at least one rule.');
  }
  return rules;
}

function rulesOfPermission(permission: IpPermission): NewRule[] {
  const protocol = protocolOf(permission.IpProtocol);
  const { FromPort: fromPort, ToPort: toPort, IpRanges: ranges } = permission;
  if (fromPort === undefined || toPort === undefined) {
    throw malformed(`A ${protocol} rule needs both FromPort and ToPort.`);
  }
  if (fromPort < 1 || toPort > 65_535 || fromPort > toPort) {
    throw malformed(
      `Invalid port range ${fromPort}-${toPort}: ports are 1 to 65535, the lower first.`,
    );
  }
  if (toPort - fromPort >= openPortsMax) throw tooManyPorts();
  if (!ranges?.length) throw malformed('A rule needs a source: CidrIp in IpRanges.');
  return ranges.map(({ CidrIp: text = '', Description: description }) => {
    const cidr = parseCidr(text);
    if (!cidr) {
      throw new ServiceError('InvalidParameterValue', `CIDR block ${text} is malformed`);
    }
    return { protocol, fromPort, toPort, cidr: formatCidr(cidr), description };
  });
}

function protocolOf(text: string | undefined): 'tcp' | 'udp' {
  const protocol = text?.toLowerCase();
  if (protocol === 'tcp' || protocol === '6') return 'tcp';
  if (protocol === 'udp' || protocol === '17') return 'udp';
  if (protocol === undefined) throw malformed('A rule needs an IpProtocol.');
  if (/^(-1|icmp|icmpv6|\d{1,3})$/.test(protocol)) {
    throw new ServiceError(
      'UnsupportedOperation',
      `Imago opens single TCP and UDP ports of an instance; a rule with the protocol '${text}' cannot be honoured. Name tcp or udp and the ports.`,
    );
  }
  throw malformed(`Invalid value '${text}' for IP protocol. Unknown protocol.`);
}

function malformed(message: string): ServiceError {
  return new ServiceError('InvalidPermission.Malformed', message);
}
