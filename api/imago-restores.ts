/** The part of Imago's own contract (imago.ts) that is what is restored of backups. */
import type { ServiceModel } from './model.ts';

/** What a machine is wanted otherwise than it was. */
const wishes = {
  InstanceType: 'string',
  KeyName: 'string',
  SubnetId: 'string',
  SecurityGroupIds: 'StringList',
  PrivateIpAddress: 'string',
  UserData: 'string',
  ExcludeDeviceNames: 'StringList',
  Name: 'string',
} as const;

export const restoreShapes = {
  RestoreInstanceRequest: {
    members: {
      BackupId: 'string',
      InstanceId: 'string',
      At: 'timestamp',
      InPlace: 'boolean',
      Preview: 'boolean',
      ClientToken: 'string',
      ...wishes,
    },
  },
  RestoreInstanceResult: {
    members: {
      BackupId: 'string',
      InstanceId: 'string',
      ReplaceRootVolumeTaskId: 'string',
      Differences: 'RestoreDifferenceList',
    },
  },
  RestoreDifferenceList: { list: 'RestoreDifference', xml: 'item' },
  RestoreDifference: {
    members: {
      Member: 'string',
      Was: 'string',
      Now: 'string',
      GivenAtLaunch: 'boolean',
      Reason: 'string',
    },
  },
  RestoreVolumeRequest: {
    members: {
      BackupId: 'string',
      SourceId: 'string',
      At: 'timestamp',
      DeviceName: 'string',
      InstanceId: 'string',
      AttachAs: 'string',
      ClientToken: 'string',
    },
    required: ['InstanceId'],
  },
  RestoreVolumeResult: {
    members: {
      BackupId: 'string',
      SnapshotId: 'string',
      VolumeId: 'string',
      InstanceId: 'string',
      AttachedAs: 'string',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const restoreOperations = {
  RestoreInstance: { input: 'RestoreInstanceRequest', output: 'RestoreInstanceResult' },
  RestoreVolume: { input: 'RestoreVolumeRequest', output: 'RestoreVolumeResult' },
} as const satisfies ServiceModel['operations'];

export const restoreRoutes = {
  RestoreInstance: 'POST /imago/restored-instances',
  RestoreVolume: 'POST /imago/restored-volumes',
} as const;

/**
 * Named by its id (an image, or the snapshot of a boot disk that remembers its machine), or as the
 * last whole one of an instance at or before a moment.
 */
export interface RestoreInstanceRequest {
  BackupId?: string;
  InstanceId?: string;
  /** Beside `InstanceId`; now when absent. */
  At?: Date;
  /** The root volume of the instance itself is replaced; its other volumes stay as they are. */
  InPlace?: boolean;
  /** Nothing is done; what would differ is told, and what would be refused is. */
  Preview?: boolean;
  ClientToken?: string;
  /** What the new instance is to have otherwise; all else is as it was. */
  InstanceType?: string;
  KeyName?: string;
  SubnetId?: string;
  SecurityGroupIds?: string[];
  PrivateIpAddress?: string;
  /** In base64; empty: none. */
  UserData?: string;
  /** Volumes that it does without; never the root. */
  ExcludeDeviceNames?: string[];
  /** Its tag `Name`. */
  Name?: string;
}

export interface RestoreInstanceResult {
  BackupId: string;
  InstanceId?: string;
  /** Of a restore in place. */
  ReplaceRootVolumeTaskId?: string;
  /** In what the restored instance is not as the one that the backup was made of. */
  Differences: RestoreDifference[];
}

export interface RestoreDifference {
  /** As EC2 calls it in an instance. */
  Member: string;
  Was?: string;
  /** Absent: nothing, or what a preview cannot know. */
  Now?: string;
  /** Each launch gives another one, such as an address. */
  GivenAtLaunch?: boolean;
  Reason: string;
}

/** The backup is named as in RestoreInstance; the source may be an instance or a volume. */
export interface RestoreVolumeRequest {
  BackupId?: string;
  SourceId?: string;
  At?: Date;
  /** Which volume of a machine's backup; its root when absent. */
  DeviceName?: string;
  /** That gets it. */
  InstanceId: string;
  /** The first free name from `/dev/sdf` on when absent. */
  AttachAs?: string;
  ClientToken?: string;
}

export interface RestoreVolumeResult {
  BackupId: string;
  SnapshotId: string;
  VolumeId: string;
  InstanceId: string;
  AttachedAs: string;
}

export interface RestoreInputs {
  RestoreInstance: RestoreInstanceRequest;
  RestoreVolume: RestoreVolumeRequest;
}

export interface RestoreOutputs {
  RestoreInstance: RestoreInstanceResult;
  RestoreVolume: RestoreVolumeResult;
}
