/**
 * The part of Imago's own contract (imago.ts) that is about remotes: another Imago, or AWS, that
 * backups are sent to and fetched from by the EBS direct APIs.
 */
import {
  type BackupRecordInputs,
  type BackupRecordOutputs,
  backupRecordOperations,
  backupRecordRoutes,
  backupRecordShapes,
} from './imago-backup-records.ts';
import type { ServiceModel } from './model.ts';

export const remoteShapes = {
  ...backupRecordShapes,
  CreateRemoteRequest: {
    members: {
      Name: 'string',
      Endpoint: 'string',
      Region: 'string',
      AccessKeyId: 'string',
      SecretAccessKey: 'string',
      SessionToken: 'string',
      CertificateAuthority: 'string',
      BytesPerSecond: 'number',
      SendTags: 'RemoteTagList',
      Account: 'string',
    },
    required: ['Name', 'Region', 'AccessKeyId', 'SecretAccessKey'],
  },
  CreateRemoteResult: { members: { RemoteId: 'string' } },
  RemoteTagList: { list: 'RemoteTag', xml: 'item' },
  RemoteTag: { members: { Key: 'string', Value: 'string' } },
  DescribeRemotesRequest: {
    members: { RemoteIds: 'StringList', MaxResults: 'number', NextToken: 'string' },
  },
  DescribeRemotesResult: { members: { Remotes: 'RemoteList', NextToken: 'string' } },
  RemoteList: { list: 'Remote', xml: 'item' },
  Remote: {
    members: {
      RemoteId: 'string',
      Name: 'string',
      Endpoint: 'string',
      Region: 'string',
      AccessKeyId: 'string',
      BytesPerSecond: 'number',
      SendTags: 'RemoteTagList',
      CreateTime: 'timestamp',
    },
  },
  UpdateRemoteRequest: {
    members: {
      RemoteId: 'string',
      AccessKeyId: 'string',
      SecretAccessKey: 'string',
      SessionToken: 'string',
      Account: 'string',
    },
    required: ['RemoteId', 'AccessKeyId', 'SecretAccessKey'],
  },
  DeleteRemoteRequest: { members: { RemoteId: 'string' }, required: ['RemoteId'] },
  PushBackupRequest: {
    members: { BackupId: 'string', RemoteId: 'string' },
    required: ['BackupId', 'RemoteId'],
  },
  PushBackupResult: { members: { TransferId: 'string' } },
  PullBackupRequest: {
    members: { RemoteId: 'string', FarBackupId: 'string', Name: 'string' },
    required: ['RemoteId', 'FarBackupId'],
  },
  PullBackupResult: { members: { TransferId: 'string' } },
  DescribeRemoteTransfersRequest: {
    members: {
      TransferIds: 'StringList',
      RemoteIds: 'StringList',
      MaxResults: 'number',
      NextToken: 'string',
    },
  },
  DescribeRemoteTransfersResult: {
    members: { Transfers: 'RemoteTransferList', NextToken: 'string' },
  },
  StopRemoteTransferRequest: { members: { TransferId: 'string' }, required: ['TransferId'] },
  RemoteTransferList: { list: 'RemoteTransfer', xml: 'item' },
  RemoteTransfer: {
    members: {
      TransferId: 'string',
      RemoteId: 'string',
      Direction: 'string',
      SourceId: 'string',
      MadeId: 'string',
      State: 'string',
      Message: 'string',
      DoneBytes: 'number',
      TotalBytes: 'number',
      StartedAt: 'timestamp',
      EndedAt: 'timestamp',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const remoteOperations = {
  ...backupRecordOperations,
  CreateRemote: { input: 'CreateRemoteRequest', output: 'CreateRemoteResult' },
  DescribeRemotes: {
    input: 'DescribeRemotesRequest',
    output: 'DescribeRemotesResult',
    http: {
      input: {
        RemoteIds: 'query remoteId',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  UpdateRemote: {
    input: 'UpdateRemoteRequest',
    http: { input: { RemoteId: 'label' } },
  },
  DeleteRemote: {
    input: 'DeleteRemoteRequest',
    http: { input: { RemoteId: 'label' } },
  },
  PushBackup: {
    input: 'PushBackupRequest',
    output: 'PushBackupResult',
    http: { input: { BackupId: 'label' } },
  },
  PullBackup: {
    input: 'PullBackupRequest',
    output: 'PullBackupResult',
    http: { input: { RemoteId: 'label' } },
  },
  DescribeRemoteTransfers: {
    input: 'DescribeRemoteTransfersRequest',
    output: 'DescribeRemoteTransfersResult',
    http: {
      input: {
        TransferIds: 'query transferId',
        RemoteIds: 'query remoteId',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  StopRemoteTransfer: {
    input: 'StopRemoteTransferRequest',
    http: { input: { TransferId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const remoteRoutes = {
  ...backupRecordRoutes,
  CreateRemote: 'POST /imago/remotes',
  DescribeRemotes: 'GET /imago/remotes',
  UpdateRemote: 'PUT /imago/remotes/{RemoteId}',
  DeleteRemote: 'DELETE /imago/remotes/{RemoteId}',
  PushBackup: 'POST /imago/backups/{BackupId}/push',
  PullBackup: 'POST /imago/remotes/{RemoteId}/pull',
  DescribeRemoteTransfers: 'GET /imago/remote-transfers',
  StopRemoteTransfer: 'DELETE /imago/remote-transfers/{TransferId}',
} as const;

/** For the operator: where an Imago asks, and with which key, is nobody else's to say. */
export interface CreateRemoteRequest {
  /** Of an account and region each once. */
  Name: string;
  /** Of an Imago: https, or http on this host. Absent: AWS's own of the region. */
  Endpoint?: string;
  /** There. */
  Region: string;
  AccessKeyId: string;
  /** It is sealed, and never told again. */
  SecretAccessKey: string;
  /** Of a key that is for a while only: once that is over, transfers fail. It is sealed, too. */
  SessionToken?: string;
  /** Who has signed the certificate of the endpoint, as PEM; absent: whom the system trusts. */
  CertificateAuthority?: string;
  /** Of what is sent and fetched. */
  BytesPerSecond?: number;
  /** Images and snapshots with one of these tags are sent as soon as they are whole. */
  SendTags?: RemoteTag[];
  /** Whose it is to be, by id or name; absent: the caller's. */
  Account?: string;
}

export interface RemoteTag {
  Key: string;
  Value: string;
}

export interface CreateRemoteResult {
  RemoteId: string;
}

export interface DescribeRemotesRequest {
  RemoteIds?: string[];
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeRemotesResult {
  Remotes: Remote[];
  NextToken?: string;
}

export interface Remote {
  RemoteId: string;
  Name: string;
  Endpoint?: string;
  Region: string;
  AccessKeyId: string;
  BytesPerSecond?: number;
  SendTags: RemoteTag[];
  CreateTime: Date;
}

/**
 * Another key there, for the operator as the first one was. What is under way goes on: what the old
 * key is refused for is asked for again with the new one.
 */
export interface UpdateRemoteRequest {
  RemoteId: string;
  AccessKeyId: string;
  /** It is sealed, and never told again. */
  SecretAccessKey: string;
  /** Of a key that is for a while only; absent: it is of none. */
  SessionToken?: string;
  /** Whose remote it is, by id or name; absent: the caller's. */
  Account?: string;
}

/**
 * What is there stays there. Transfers that are under way fail, and what they have put there is
 * taken away first; what cannot be is told by their messages.
 */
export interface DeleteRemoteRequest {
  RemoteId: string;
}

/** Sends an image or a snapshot: of what is there already only what has changed. */
export interface PushBackupRequest {
  BackupId: string;
  RemoteId: string;
}

export interface PushBackupResult {
  TransferId: string;
}

/** Fetches an image or a snapshot. */
export interface PullBackupRequest {
  RemoteId: string;
  /** Its id there. */
  FarBackupId: string;
  /** Of an image, here; absent: as there. */
  Name?: string;
}

export interface PullBackupResult {
  TransferId: string;
}

export interface DescribeRemoteTransfersRequest {
  TransferIds?: string[];
  RemoteIds?: string[];
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeRemoteTransfersResult {
  Transfers: RemoteTransfer[];
  NextToken?: string;
}

export interface RemoteTransfer {
  TransferId: string;
  RemoteId: string;
  Direction: 'push' | 'pull';
  SourceId: string;
  /** What it came to, where it was moved to. */
  MadeId?: string;
  /** `stopping`: what it has put at the other end is taken away. */
  State: 'running' | 'stopping' | 'completed' | 'failed' | 'stopped';
  /** Why it failed; of one that is completed: what did not go along. */
  Message?: string;
  /** Of the blocks that are moved, before they are compressed. */
  DoneBytes: number;
  TotalBytes: number;
  StartedAt: Date;
  EndedAt?: Date;
}

/**
 * Ends one that is under way: what it has put is taken away again, at either end, and what was there
 * before stays. It does not go on; the next one begins anew. Nothing where it has ended.
 */
export interface StopRemoteTransferRequest {
  TransferId: string;
}

export interface RemoteInputs extends BackupRecordInputs {
  CreateRemote: CreateRemoteRequest;
  DescribeRemotes: DescribeRemotesRequest;
  UpdateRemote: UpdateRemoteRequest;
  DeleteRemote: DeleteRemoteRequest;
  PushBackup: PushBackupRequest;
  PullBackup: PullBackupRequest;
  DescribeRemoteTransfers: DescribeRemoteTransfersRequest;
  StopRemoteTransfer: StopRemoteTransferRequest;
}

export interface RemoteOutputs extends BackupRecordOutputs {
  CreateRemote: CreateRemoteResult;
  DescribeRemotes: DescribeRemotesResult;
  UpdateRemote: unknown;
  DeleteRemote: unknown;
  PushBackup: PushBackupResult;
  PullBackup: PullBackupResult;
  DescribeRemoteTransfers: DescribeRemoteTransfersResult;
  StopRemoteTransfer: unknown;
}
