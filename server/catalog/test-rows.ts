/** Rows as small as they may be, for tests of what keeps and pages them. */
import type { BlockDeviceMapping, ImageRow } from './rows/image.ts';
import type { InstanceRow } from './rows/instance.ts';
import type { KeyPairRow } from './rows/key-pair.ts';
import type { SnapshotRow } from './rows/snapshot.ts';
import type { TaskRow } from './rows/task.ts';

const owned = {
  account: '111111111111',
  region: 'us-east-1',
  createdAt: '2026-11-23T10:00:00.000Z',
};

export function keyPair(id: string, change: Partial<KeyPairRow> = {}): KeyPairRow {
  return {
    id,
    ...owned,
    name: id,
    keyType: 'ed25519',
    fingerprint: 'f',
    publicKey: 'ssh-ed25519 AAAA',
    tags: {},
    ...change,
  };
}

export function task(id: string, change: Partial<TaskRow> = {}): TaskRow {
  return {
    id,
    ...owned,
    kind: 'create-image',
    state: 'running',
    subject: 'ami-1',
    input: {},
    outputs: {},
    attempts: 0,
    ...change,
  };
}

export function image(id: string, change: Partial<ImageRow> = {}): ImageRow {
  return {
    id,
    ...owned,
    name: id,
    state: 'available',
    launchPermissions: [],
    architecture: 'x86_64',
    rootDeviceName: '/dev/xvda',
    blockDeviceMappings: [],
    tags: {},
    ...change,
  };
}

/** The mappings of an image that has one disk. */
export function rootDisk(volumeSizeGiB: number, snapshotId?: string): BlockDeviceMapping[] {
  const ebs = { snapshotId, volumeSizeGiB, deleteOnTermination: true, volumeType: 'gp3' };
  return [{ deviceName: '/dev/xvda', ebs }];
}

export function snapshot(id: string, change: Partial<SnapshotRow> = {}): SnapshotRow {
  const { createdAt = owned.createdAt } = change;
  return {
    id,
    ...owned,
    state: 'completed',
    description: '',
    volumeId: 'vol-ffffffff',
    volumeSizeGiB: 8,
    progressPercent: 100,
    startedAt: createdAt,
    completedAt: createdAt,
    root: 'ab'.repeat(32),
    fullSizeBytes: 1024,
    tags: {},
    ...change,
  };
}

export function instance(id: string, change: Partial<InstanceRow> = {}): InstanceRow {
  return {
    id,
    ...owned,
    state: 'running',
    stateSince: owned.createdAt,
    reservationId: 'r-1',
    launchIndex: 0,
    imageId: 'ami-1',
    instanceType: 't3.nano',
    securityGroupIds: [],
    vpcId: 'vpc-1',
    subnetId: 'subnet-1',
    networkInterfaceId: 'eni-1',
    privateIp: '172.31.0.4',
    publicIp: '127.37.0.1',
    mac: '02:00:00:00:00:01',
    metadataOptions: {
      httpTokens: 'optional',
      httpPutResponseHopLimit: 1,
      httpEndpoint: 'enabled',
    },
    shutdownBehavior: 'stop',
    rootDeviceName: '/dev/xvda',
    architecture: 'x86_64',
    launchedAt: owned.createdAt,
    tags: {},
    ...change,
  };
}
