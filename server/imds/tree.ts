/**
 * The metadata of an instance laid out as EC2 does under `/latest/meta-data`, `/latest/dynamic` and
 * `/latest/user-data`. A pure function from what the control plane wrote to a tree of names;
 * metadata-server.ts walks it. It deliberately has no entry that Imago cannot fill truthfully: no
 * signatures of the identity document, no IAM, no public host name (no resolver knows one), no
 * maintenance events.
 */
import type { InstanceMetadata } from '../data-plane/data-plane.ts';
import { privateDnsName } from '../domain/instances.ts';

/**
 * A leaf is text (or bytes, for user data); a directory is a map in the order in which it is
 * listed.
 */
export type MetadataNode = string | Buffer | MetadataDirectory;

export class MetadataDirectory {
  readonly entries: ReadonlyMap<string, MetadataNode>;
  /** EC2 lists keys as `0=name` although the path is `0/`, and the top folders without a slash. */
  readonly listedAs: (name: string, node: MetadataNode) => string;

  constructor(
    entries: Record<string, MetadataNode | undefined>,
    listedAs = (name: string, node: MetadataNode) =>
      node instanceof MetadataDirectory ? `${name}/` : name,
  ) {
    this.entries = new Map(
      Object.entries(entries).filter((entry): entry is [string, MetadataNode] => {
        return entry[1] !== undefined;
      }),
    );
    this.listedAs = listedAs;
  }

  list(): string {
    return [...this.entries].map(([name, node]) => this.listedAs(name, node)).join('\n');
  }
}

const directory = (entries: Record<string, MetadataNode | undefined>) =>
  new MetadataDirectory(entries);
const lines = (values: readonly string[]) => values.join('\n');

export function metadataTree(metadata: InstanceMetadata): MetadataDirectory {
  return new MetadataDirectory(
    {
      dynamic: directory({
        'instance-identity': directory({ document: identityDocument(metadata) }),
      }),
      'meta-data': instanceDirectory(metadata),
      'user-data': metadata.userData ? Buffer.from(metadata.userData, 'base64') : undefined,
    },
    (name) => name,
  );
}

function instanceDirectory(metadata: InstanceMetadata): MetadataDirectory {
  const hostname = privateDnsName(metadata);
  const { key } = metadata;
  return directory({
    'ami-id': metadata.imageId,
    'ami-launch-index': String(metadata.launchIndex),
    'ami-manifest-path': '(unknown)',
    'block-device-mapping': blockDeviceDirectory(metadata),
    hostname,
    'instance-action': 'none',
    'instance-id': metadata.instanceId,
    'instance-life-cycle': 'on-demand',
    'instance-type': metadata.instanceType,
    'local-hostname': hostname,
    'local-ipv4': metadata.privateIp,
    mac: metadata.mac,
    network: directory({
      interfaces: directory({
        macs: directory({ [metadata.mac]: interfaceDirectory(metadata, hostname) }),
      }),
    }),
    placement: directory({
      'availability-zone': metadata.availabilityZone,
      'availability-zone-id': metadata.availabilityZoneId,
      region: metadata.region,
    }),
    'product-codes': metadata.productCodes && lines(metadata.productCodes),
    profile: 'default-hvm',
    'public-ipv4': metadata.publicIp,
    'public-keys': key
      ? new MetadataDirectory(
          { 0: directory({ 'openssh-key': key.publicKey }) },
          (index) => `${index}=${key.name}`,
        )
      : undefined,
    'reservation-id': metadata.reservationId,
    'security-groups': lines(metadata.securityGroups.map((group) => group.name)),
    services: directory({ domain: 'amazonaws.com', partition: 'aws' }),
    tags: metadata.tags && directory({ instance: directory(metadata.tags) }),
  });
}

function blockDeviceDirectory(metadata: InstanceMetadata): MetadataDirectory {
  return directory({
    ami: metadata.rootDeviceName,
    ...Object.fromEntries(
      metadata.ebsDeviceNames.map((deviceName, index) => [`ebs${index + 1}`, deviceName]),
    ),
    root: metadata.rootDeviceName,
  });
}

function interfaceDirectory(metadata: InstanceMetadata, hostname: string): MetadataDirectory {
  const { publicIp } = metadata;
  return directory({
    'device-number': '0',
    'interface-id': metadata.networkInterfaceId,
    'ipv4-associations': publicIp && directory({ [publicIp]: metadata.privateIp }),
    'local-hostname': hostname,
    'local-ipv4s': metadata.privateIp,
    mac: metadata.mac,
    'owner-id': metadata.accountId,
    'public-ipv4s': publicIp,
    'security-group-ids': lines(metadata.securityGroups.map((group) => group.id)),
    'security-groups': lines(metadata.securityGroups.map((group) => group.name)),
    'subnet-id': metadata.subnetId,
    'subnet-ipv4-cidr-block': metadata.subnetCidr,
    'vpc-id': metadata.vpcId,
    'vpc-ipv4-cidr-block': metadata.vpcCidr,
    'vpc-ipv4-cidr-blocks': metadata.vpcCidr,
  });
}

/** EC2's members in EC2's order and spacing; the members that do not apply are null there too. */
function identityDocument(metadata: InstanceMetadata): string {
  const members = {
    accountId: metadata.accountId,
    architecture: metadata.architecture,
    availabilityZone: metadata.availabilityZone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: metadata.productCodes ?? null,
    imageId: metadata.imageId,
    instanceId: metadata.instanceId,
    instanceType: metadata.instanceType,
    kernelId: null,
    pendingTime: metadata.launchedAt.replace(/\.\d+Z$/, 'Z'),
    privateIp: metadata.privateIp,
    ramdiskId: null,
    region: metadata.region,
    version: '2017-09-30',
  };
  const rows = Object.entries(members).map(
    ([name, value]) => `  "${name}" : ${JSON.stringify(value)}`,
  );
  return `{\n${rows.join(',\n')}\n}`;
}
