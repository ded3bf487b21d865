/** Protocol and ports of a rule, checked, in the one form in which EC2 keeps and shows them. */
import { ServiceError } from '../../../api/service-error.ts';
import type { NewRule } from '../../domain/security-group-rules.ts';

const portMax = 65_535;
const icmpMax = 255;
/** Names that rules have for these; all others go by their number. */
const protocolNames: Readonly<Record<string, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
};

interface TrafficRequest {
  IpProtocol?: string;
  FromPort?: number;
  ToPort?: number;
}

export function trafficOf({
  IpProtocol,
  FromPort,
  ToPort,
}: TrafficRequest): Pick<NewRule, 'protocol' | 'fromPort' | 'toPort'> {
  const protocol = protocolOf(IpProtocol);
  switch (protocol) {
    case 'tcp':
    case 'udp':
      return { protocol, ...portsOf(FromPort, ToPort) };
    case 'icmp':
      if (FromPort === undefined || ToPort === undefined) {
        throw invalid("Invalid value 'Must specify both type and code with ICMP.' for portRange.");
      }
      return { protocol, ...typeAndCodeOf(FromPort, ToPort) };
    case 'icmpv6':
      return { protocol, ...typeAndCodeOf(FromPort ?? -1, ToPort ?? -1) };
    default:
      // All ports, whatever the request says of them.
      return { protocol, fromPort: -1, toPort: -1 };
  }
}

function protocolOf(text: string | undefined): string {
  if (text === undefined) {
    throw new ServiceError('MissingParameter', 'A rule needs an IpProtocol.');
  }
  const protocol = text.toLowerCase();
  if (protocol === '-1' || Object.values(protocolNames).includes(protocol)) return protocol;
  if (/^\d{1,3}$/.test(protocol) && Number(protocol) <= 255) {
    const number = String(Number(protocol));
    return protocolNames[number] ?? number;
  }
  throw invalid(`Invalid value '${text}' for IP protocol. Unknown protocol.`);
}

function portsOf(fromPort: number | undefined, toPort: number | undefined) {
  if (fromPort === undefined || toPort === undefined) {
    throw invalid(
      "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
    );
  }
  for (const port of [fromPort, toPort]) {
    if (port < 0 || port > portMax) throw invalid(`TCP/UDP port (${port}) out of range`);
  }
  if (fromPort > toPort) throw invalid(`Invalid TCP/UDP port range (${fromPort}:${toPort})`);
  return { fromPort, toPort };
}

function typeAndCodeOf(type: number, code: number) {
  if (type < -1 || type > icmpMax) throw invalid(`ICMP type (${type}) out of range`);
  if (code < -1 || code > icmpMax) throw invalid(`ICMP code (${code}) out of range`);
  if (type === -1 && code !== -1) throw invalid('ICMP code must be -1 where the type is -1');
  return { fromPort: type, toPort: code };
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
