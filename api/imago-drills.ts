/**
 * The part of Imago's own contract (imago.ts) that is about drills: a backup is booted without a
 * cable to anybody, looked into, and judged.
 */
import type { ServiceModel } from './model.ts';

export const drillShapes = {
  StartDrillRequest: {
    members: {
      ImageId: 'string',
      SnapshotId: 'string',
      InstanceType: 'string',
      ConsoleText: 'string',
      BootTimeoutSeconds: 'number',
      Checks: 'DrillCheckRequestList',
      Compare: 'StringList',
    },
  },
  DrillCheckRequestList: { list: 'DrillCheckRequest', xml: 'item' },
  DrillCheckRequest: {
    members: {
      Name: 'string',
      Command: 'string',
      ExitCode: 'number',
      File: 'string',
      Sha256: 'string',
      Service: 'string',
      Port: 'number',
      Query: 'string',
      Client: 'string',
      Database: 'string',
      User: 'string',
      Equals: 'string',
      Contains: 'string',
      TimeoutSeconds: 'number',
      WithinSeconds: 'number',
    },
  },
  StartDrillResult: { members: { DrillId: 'string' } },
  DescribeDrillsRequest: {
    members: {
      DrillIds: 'StringList',
      ImageIds: 'StringList',
      SnapshotIds: 'StringList',
      MaxResults: 'number',
      NextToken: 'string',
    },
  },
  DescribeDrillsResult: { members: { Drills: 'DrillList', NextToken: 'string' } },
  DrillList: { list: 'Drill', xml: 'item' },
  Drill: {
    members: {
      DrillId: 'string',
      ImageId: 'string',
      SnapshotId: 'string',
      State: 'string',
      Reason: 'string',
      TaskId: 'string',
      InstanceId: 'string',
      StartedAt: 'timestamp',
      EndedAt: 'timestamp',
      MillisecondsToRunning: 'number',
      MillisecondsToReady: 'number',
      MillisecondsToChecked: 'number',
      Checks: 'number',
      Results: 'DrillResultList',
    },
  },
  DrillResultList: { list: 'DrillCheckResult', xml: 'item' },
  DrillCheckResult: {
    members: {
      Name: 'string',
      Kind: 'string',
      Passed: 'boolean',
      Reason: 'string',
      ExitCode: 'number',
      Output: 'string',
      Milliseconds: 'number',
    },
  },
  StopDrillRequest: { members: { DrillId: 'string' }, required: ['DrillId'] },
  GetDrillEvidenceRequest: { members: { DrillId: 'string' }, required: ['DrillId'] },
  GetDrillEvidenceResult: { members: { ConsoleOutput: 'blob', Screenshot: 'blob' } },
} as const satisfies ServiceModel['shapes'];

export const drillOperations = {
  StartDrill: { input: 'StartDrillRequest', output: 'StartDrillResult', http: { status: 202 } },
  DescribeDrills: {
    input: 'DescribeDrillsRequest',
    output: 'DescribeDrillsResult',
    http: {
      input: {
        DrillIds: 'query drillId',
        ImageIds: 'query imageId',
        SnapshotIds: 'query snapshotId',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  StopDrill: { input: 'StopDrillRequest', http: { input: { DrillId: 'label' } } },
  GetDrillEvidence: {
    input: 'GetDrillEvidenceRequest',
    output: 'GetDrillEvidenceResult',
    http: { input: { DrillId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const drillRoutes = {
  StartDrill: 'POST /imago/drills',
  DescribeDrills: 'GET /imago/drills',
  StopDrill: 'DELETE /imago/drills/{DrillId}',
  GetDrillEvidence: 'GET /imago/drills/{DrillId}/evidence',
} as const;

/** Of an image or of a snapshot. One of a volume that nothing boots from is read through. */
export interface StartDrillRequest {
  ImageId?: string;
  SnapshotId?: string;
  /** Without it a small one for which there is room. */
  InstanceType?: string;
  /** The guest is ready when its console has said this; without it, when its agent answers. */
  ConsoleText?: string;
  /** Until it is ready; 900 without it. */
  BootTimeoutSeconds?: number;
  Checks?: DrillCheckRequest[];
  /** Files of which the booted guest has to say what the disks of the backup have. */
  Compare?: string[];
}

/** One of Command, File, Service, Port and Query. */
export interface DrillCheckRequest {
  Name?: string;
  /** For the guest's shell, as its root. */
  Command?: string;
  /** Of a Command; 0 without it. */
  ExitCode?: number;
  /** It is there, and has this digest. */
  File?: string;
  Sha256?: string;
  Service?: string;
  /** Somebody listens to it inside the guest, by TCP. */
  Port?: number;
  Query?: string;
  Client?: 'psql' | 'mysql';
  Database?: string;
  /** Of the guest (psql) or the database (mysql): postgres and root without it. */
  User?: string;
  /** What is written to standard output, without the white space around it. */
  Equals?: string;
  Contains?: string;
  /** What one try may take; 60 without it. */
  TimeoutSeconds?: number;
  /** It is tried again for so long; without it 60 for Service, Port and Query, and 0 for others. */
  WithinSeconds?: number;
}

export interface StartDrillResult {
  DrillId: string;
}

/** Without ids: all of the account that are remembered. */
export interface DescribeDrillsRequest {
  DrillIds?: string[];
  ImageIds?: string[];
  SnapshotIds?: string[];
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeDrillsResult {
  Drills: Drill[];
  NextToken?: string;
}

export interface Drill {
  DrillId: string;
  /** What is tried: one of both. */
  ImageId?: string;
  SnapshotId?: string;
  /** `stopped` and `error` are no verdict: it was ended, or could not be done. */
  State: 'running' | 'passed' | 'failed' | 'stopped' | 'error';
  Reason?: string;
  TaskId: string;
  /** While it has a machine. */
  InstanceId?: string;
  StartedAt: Date;
  EndedAt?: Date;
  /** Each from the start on. */
  MillisecondsToRunning?: number;
  MillisecondsToReady?: number;
  MillisecondsToChecked?: number;
  /** How many there are to be. */
  Checks: number;
  /** Of those that are done. */
  Results: DrillCheckResult[];
}

export interface DrillCheckResult {
  Name: string;
  /** That of the check; of a disk that is not booted besides `blocks` and `file-system`. */
  Kind: string;
  Passed: boolean;
  Reason?: string;
  ExitCode?: number;
  /** The last of what it wrote. */
  Output: string;
  Milliseconds: number;
}

/** Its machine goes, and it has no verdict. */
export interface StopDrillRequest {
  DrillId: string;
}

/** Of one that failed: what is kept of it, for as long as there are not too many newer ones. */
export interface GetDrillEvidenceRequest {
  DrillId: string;
}

export interface GetDrillEvidenceResult {
  ConsoleOutput?: Uint8Array;
  /** A JPEG. */
  Screenshot?: Uint8Array;
}

export interface DrillInputs {
  StartDrill: StartDrillRequest;
  DescribeDrills: DescribeDrillsRequest;
  StopDrill: StopDrillRequest;
  GetDrillEvidence: GetDrillEvidenceRequest;
}

export interface DrillOutputs {
  StartDrill: StartDrillResult;
  DescribeDrills: DescribeDrillsResult;
  StopDrill: unknown;
  GetDrillEvidence: GetDrillEvidenceResult;
}
