/**
 * The part of Imago's own contract (imago.ts) that is backups; what is restored of them is in
 * imago-restores.ts. A backup is an image of an instance, or a snapshot of a volume, and `BackupId`
 * is its id; policies, jobs and people make them by the actions of EC2 and of the services for that.
 */
import type { ImageFileKind, ListImageFilesResult } from './imago-contents.ts';
import {
  type ForgetInputs,
  type ForgetOutputs,
  forgetOperations,
  forgetRoutes,
  forgetShapes,
} from './imago-forget.ts';
import {
  type RestoreInputs,
  type RestoreOutputs,
  restoreOperations,
  restoreRoutes,
  restoreShapes,
} from './imago-restores.ts';
import type { ServiceModel } from './model.ts';

const path = { Path: 'string', PathBytes: 'string' } as const;

export const backupShapes = {
  ...forgetShapes,
  ListBackupsRequest: {
    members: {
      SourceId: 'string',
      Since: 'timestamp',
      Until: 'timestamp',
      NewestOnly: 'boolean',
      MaxResults: 'number',
      NextToken: 'string',
    },
  },
  ListBackupsResult: { members: { Backups: 'BackupList', NextToken: 'string' } },
  BackupList: { list: 'Backup', xml: 'item' },
  Backup: {
    members: {
      BackupId: 'string',
      Kind: 'string',
      SourceId: 'string',
      SourceName: 'string',
      SourceState: 'string',
      InstanceId: 'string',
      SetId: 'string',
      HasMachine: 'boolean',
      Name: 'string',
      Description: 'string',
      State: 'string',
      StateMessage: 'string',
      CreateTime: 'timestamp',
      DueTime: 'timestamp',
      KeptUntil: 'timestamp',
      PolicyId: 'string',
      Schedule: 'string',
      AlsoFor: 'StringList',
      JobId: 'string',
      Consistency: 'string',
      SizeGiB: 'number',
      ExclusiveBytes: 'number',
      LastDrill: 'BackupDrill',
    },
  },
  BackupDrill: { members: { DrillId: 'string', EndTime: 'timestamp', Verdict: 'string' } },
  DescribeBackupRequest: {
    members: { BackupId: 'string', At: 'timestamp' },
    required: ['BackupId'],
  },
  DescribeBackupResult: {
    members: { Backup: 'Backup', Machine: 'BackupMachine', Volumes: 'BackupVolumeList' },
  },
  BackupMachine: {
    members: {
      InstanceType: 'string',
      KeyName: 'string',
      SubnetId: 'string',
      AvailabilityZone: 'string',
      PrivateIpAddress: 'string',
      SecurityGroups: 'BackupGroupList',
      HasUserData: 'boolean',
      DisableApiTermination: 'boolean',
    },
  },
  BackupGroupList: { list: 'BackupGroup', xml: 'item' },
  BackupGroup: { members: { GroupId: 'string', GroupName: 'string' } },
  BackupVolumeList: { list: 'BackupVolume', xml: 'item' },
  BackupVolume: {
    members: {
      DeviceName: 'string',
      VolumeId: 'string',
      SnapshotId: 'string',
      SizeGiB: 'number',
      VolumeType: 'string',
      Encrypted: 'boolean',
    },
  },
  ListBackupFilesRequest: {
    members: {
      BackupId: 'string',
      ...path,
      Depth: 'number',
      Name: 'string',
      Kind: 'string',
      MaxResults: 'number',
      NextToken: 'string',
    },
    required: ['BackupId'],
  },
  GetBackupArchiveRequest: { members: { BackupId: 'string', ...path }, required: ['BackupId'] },
  GetBackupArchiveResult: {
    members: { Unclean: 'boolean', MayLack: 'string', Content: 'stream' },
  },
  ...restoreShapes,
} as const satisfies ServiceModel['shapes'];

const ofPath = { BackupId: 'label', Path: 'query path', PathBytes: 'query pathBytes' } as const;

export const backupOperations = {
  ...forgetOperations,
  ListBackups: {
    input: 'ListBackupsRequest',
    output: 'ListBackupsResult',
    http: {
      input: {
        SourceId: 'query sourceId',
        Since: 'query since',
        Until: 'query until',
        NewestOnly: 'query newestOnly',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  DescribeBackup: {
    input: 'DescribeBackupRequest',
    output: 'DescribeBackupResult',
    http: { input: { BackupId: 'label', At: 'query at' } },
  },
  ListBackupFiles: {
    input: 'ListBackupFilesRequest',
    output: 'ListImageFilesResult',
    http: {
      input: {
        ...ofPath,
        Depth: 'query depth',
        Name: 'query name',
        Kind: 'query kind',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  GetBackupArchive: {
    input: 'GetBackupArchiveRequest',
    output: 'GetBackupArchiveResult',
    http: {
      input: ofPath,
      output: {
        Unclean: 'header imago-unclean',
        MayLack: 'header imago-may-lack',
        Content: 'payload',
      },
    },
  },
  ...restoreOperations,
} as const satisfies ServiceModel['operations'];

export const backupRoutes = {
  ...forgetRoutes,
  ListBackups: 'GET /imago/backups',
  DescribeBackup: 'GET /imago/backups/{BackupId}',
  ListBackupFiles: 'GET /imago/backups/{BackupId}/files',
  GetBackupArchive: 'GET /imago/backups/{BackupId}/archive',
  ...restoreRoutes,
} as const;

/** The caller's own; of a source the newest first. */
export interface ListBackupsRequest {
  /**
   * An instance or a volume, be it gone; absent: all, source by source. Of a volume those images
   * are, too, that have it; of an instance the snapshots of its boot disk that remember it.
   */
  SourceId?: string;
  /** Beside `SourceId`: those that were made then or later, and then or earlier. */
  Since?: Date;
  Until?: Date;
  /** Without `SourceId`: of each source the newest alone, which lists the sources. */
  NewestOnly?: boolean;
  MaxResults?: number;
  NextToken?: string;
}

export interface ListBackupsResult {
  Backups: Backup[];
  NextToken?: string;
}

export interface Backup {
  BackupId: string;
  Kind: 'image' | 'snapshot';
  SourceId: string;
  /** What the source was called, by its tag `Name`; where it is looked at, what it is called. */
  SourceName?: string;
  /** With `NewestOnly`: EC2's word for the state of the source; absent where it is gone. */
  SourceState?: string;
  /** Of a snapshot that was taken with those of the machine's other volumes. */
  InstanceId?: string;
  /** Those that were taken together with that of the boot disk have the same one. */
  SetId?: string;
  /** It remembers its machine, which RestoreInstance brings back: an image, or a boot disk's. */
  HasMachine: boolean;
  /** Of an image. */
  Name?: string;
  Description?: string;
  /** As EC2 has it: `available`, `completed`, `pending`, … */
  State: string;
  StateMessage?: string;
  CreateTime: Date;
  /** What it was ordered by; by people where there is none of them. */
  DueTime?: Date;
  /** By a policy of dlm that retains by age; the last good one stays anyway. */
  KeptUntil?: Date;
  PolicyId?: string;
  Schedule?: string;
  /** Other schedules of the policy whose time it was, too: it stays as long as one of them keeps it. */
  AlsoFor?: string[];
  JobId?: string;
  /**
   * `application`: the guest held still for it, or had shut down; `crash`: as a power cut would have
   * left it; `at-rest`: of a volume that no machine had. Absent where it is not known.
   */
  Consistency?: 'application' | 'crash' | 'at-rest';
  /** Of its volumes, together. */
  SizeGiB: number;
  /** What would go with it alone, as it was measured last; absent: not yet. */
  ExclusiveBytes?: number;
  LastDrill?: { DrillId: string; EndTime: Date; Verdict: 'passed' | 'failed' };
}

export interface DescribeBackupRequest {
  /** Or an instance or a volume, be it gone: its last whole backup, as a restore takes it. */
  BackupId: string;
  /** Of an instance or a volume: the last whole one at or before then. */
  At?: Date;
}

export interface DescribeBackupResult {
  Backup: Backup;
  /** Of an image, or of a boot disk's snapshot, what it remembers of its instance. */
  Machine?: BackupMachine;
  Volumes: BackupVolume[];
}

export interface BackupMachine {
  InstanceType: string;
  KeyName?: string;
  SubnetId: string;
  AvailabilityZone?: string;
  PrivateIpAddress: string;
  SecurityGroups: { GroupId: string; GroupName: string }[];
  /** It is told to nobody, and a restored instance has it. */
  HasUserData: boolean;
  DisableApiTermination: boolean;
}

export interface BackupVolume {
  DeviceName?: string;
  /** That it was made of. */
  VolumeId?: string;
  /** Absent: the backup was made without it. */
  SnapshotId?: string;
  SizeGiB: number;
  VolumeType?: string;
  Encrypted: boolean;
}

/**
 * Of an image all that its system mounts, and of a boot disk's snapshot with what was taken with
 * it; of another snapshot what is on its disk.
 */
export interface PathOfBackup {
  BackupId: string;
  /** From `/`; links are followed in it, and at its end where it is listed. */
  Path?: string;
  /** In place of `Path`: base64. */
  PathBytes?: string;
}

/** As ListImageFiles has it. */
export interface ListBackupFilesRequest extends PathOfBackup {
  Depth?: number;
  Name?: string;
  Kind?: ImageFileKind;
  MaxResults?: number;
  NextToken?: string;
}

export type GetBackupArchiveRequest = PathOfBackup;

/**
 * A tar archive of what is at the path and below: names from the root without a slash in front,
 * owners by number, extended attributes as pax records. What ends without two blocks of zeros could
 * not be read to its end.
 */
export interface GetBackupArchiveResult {
  /** A file system in it was in use, and what its journal holds is not in the archive. */
  Unclean?: boolean;
  /**
   * Where its system may have had something that is not read, such as a disk behind LUKS, and what
   * that is: what the archive has there is what lies below.
   */
  MayLack?: string;
  Content: AsyncIterable<Uint8Array>;
}

export interface BackupInputs extends ForgetInputs, RestoreInputs {
  ListBackups: ListBackupsRequest;
  DescribeBackup: DescribeBackupRequest;
  ListBackupFiles: ListBackupFilesRequest;
  GetBackupArchive: GetBackupArchiveRequest;
}

export interface BackupOutputs extends ForgetOutputs, RestoreOutputs {
  ListBackups: ListBackupsResult;
  DescribeBackup: DescribeBackupResult;
  ListBackupFiles: ListImageFilesResult;
  GetBackupArchive: GetBackupArchiveResult;
}
