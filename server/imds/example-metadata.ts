/** The metadata of an instance as tests use it. */
import type { InstanceMetadata } from '../data-plane/data-plane.ts';

export const exampleMetadata: InstanceMetadata = {
  instanceId: 'i-0123456789abcdef0',
  accountId: '123456789012',
  region: 'eu-central-1',
  availabilityZone: 'eu-central-1a',
  imageId: 'ami-0aaaaaaaaaaaaaaaa',
  instanceType: 't3.micro',
  launchIndex: 2,
  reservationId: 'r-0bbbbbbbbbbbbbbbb',
  architecture: 'x86_64',
  launchedAt: '2026-11-23T10:00:00.123Z',
  mac: '02:12:34:56:78:9a',
  privateIp: '172.31.0.15',
  publicIp: '127.37.0.15',
  subnetId: 'subnet-0cccccccccccccccc',
  subnetCidr: '172.31.0.0/20',
  vpcId: 'vpc-0dddddddddddddddd',
  vpcCidr: '172.31.0.0/16',
  networkInterfaceId: 'eni-0eeeeeeeeeeeeeeee',
  securityGroups: [
    { id: 'sg-01111111111111111', name: 'default' },
    { id: 'sg-02222222222222222', name: 'web' },
  ],
  key: { name: 'my-key', publicKey: 'ssh-ed25519 AAAA me@host' },
  userData: Buffer.from([0x23, 0x21, 0x00, 0xff]).toString('base64'),
  rootDeviceName: '/dev/xvda',
  ebsDeviceNames: ['/dev/sdf', '/dev/sdg'],
  options: { httpTokens: 'required', httpPutResponseHopLimit: 1, httpEndpoint: 'enabled' },
};
