/** A guest's document for tests: small, without disks and open ports. */
import { exampleMetadata } from '../imds/example-metadata.ts';
import type { GuestSpec } from './host.ts';

export function exampleGuest(instanceId: string, machine: GuestSpec['machine']): GuestSpec {
  const { mac, privateIp, subnetCidr } = exampleMetadata;
  return {
    instanceId,
    machine,
    vcpus: 1,
    threadsPerCore: 1,
    cpuShare: 'full',
    memoryMiB: 64,
    productName: 't3.nano',
    firmware: 'bios',
    disks: [],
    link: { mac, privateIp, subnetCidr, gatewayIp: '172.31.0.1', dnsIp: '172.31.0.2' },
    vpc: {
      id: 'vpc-00000000000000001',
      cidr: '172.31.0.0/16',
      domain: 'ec2.internal',
      groupIds: [],
      ingress: [],
      egress: [],
    },
    ports: [],
    metadata: { ...exampleMetadata, instanceId },
  };
}
