/**
 * The part of Imago's own contract (imago.ts) that is about drills: a backup is booted without a
 * cable to anybody, looked into, and judged.
 */
import {
  type DrillCheckInputs,
  type DrillCheckOutputs,
  type DrillLooks,
  drillCheckOperations,
  drillCheckRoutes,
  drillCheckShapes,
  drillLooks,
} from './imago-drill-checks.ts';
import type { ServiceModel } from './model.ts';

export const drillShapes = {
  ...drillCheckShapes,
  StartDrillRequest: {
    members: {
      ImageId: 'string',
      SnapshotId: 'string',
      ...drillLooks,
    },
  },
  StartDrillResult: { members: { DrillId: 'string' } },
  DescribeDrillsRequest: {
    members: {
      DrillIds: 'StringList',
      ImageIds: 'StringList',
      SnapshotIds: 'StringList',
      SourceIds: 'StringList',
      RestoreJobIds: 'StringList',
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
      SourceId: 'string',
      RestoreJobId: 'string',
      State: 'string',
      Reason: 'string',
      CustomerVerdict: 'string',
      CustomerReason: 'string',
      TaskId: 'string',
      InstanceId: 'string',
      StartedAt: 'timestamp',
      EndedAt: 'timestamp',
      MillisecondsToRunning: 'number',
      MillisecondsToReady: 'number',
      MillisecondsToSsh: 'number',
      MillisecondsToChecked: 'number',
      Checks: 'number',
      NotTold: 'StringList',
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
  ...drillCheckOperations,
  StartDrill: { input: 'StartDrillRequest', output: 'StartDrillResult', http: { status: 202 } },
  DescribeDrills: {
    input: 'DescribeDrillsRequest',
    output: 'DescribeDrillsResult',
    http: {
      input: {
        DrillIds: 'query drillId',
        ImageIds: 'query imageId',
        SnapshotIds: 'query snapshotId',
        SourceIds: 'query sourceId',
        RestoreJobIds: 'query restoreJobId',
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
  ...drillCheckRoutes,
  StartDrill: 'POST /imago/drills',
  DescribeDrills: 'GET /imago/drills',
  StopDrill: 'DELETE /imago/drills/{DrillId}',
  GetDrillEvidence: 'GET /imago/drills/{DrillId}/evidence',
} as const;

/** Of an image or of a snapshot. One of a volume that nothing boots from is read through. */
export interface StartDrillRequest extends DrillLooks {
  ImageId?: string;
  SnapshotId?: string;
}

export interface StartDrillResult {
  DrillId: string;
}

/** Without ids: all of the account that are remembered. The newest come first. */
export interface DescribeDrillsRequest {
  DrillIds?: string[];
  ImageIds?: string[];
  SnapshotIds?: string[];
  /** Instances and volumes. */
  SourceIds?: string[];
  /** Of AWS Backup, whose tests they are. */
  RestoreJobIds?: string[];
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
  /** The instance, or the volume, of which that is a backup, where it is the account's own. */
  SourceId?: string;
  /** Of AWS Backup, whose test it is. */
  RestoreJobId?: string;
  /** `stopped` and `error` are no verdict: it was ended, or could not be done. */
  State: 'running' | 'passed' | 'failed' | 'stopped' | 'error';
  Reason?: string;
  /** Of a restore test that Imago found good: what PutRestoreValidationResult said of it. */
  CustomerVerdict?: 'passed' | 'failed';
  CustomerReason?: string;
  TaskId: string;
  /** While it has a machine. */
  InstanceId?: string;
  StartedAt: Date;
  EndedAt?: Date;
  /** Each from the start on. */
  MillisecondsToRunning?: number;
  MillisecondsToReady?: number;
  /** Where it has an SSH server that answered while it booted or was checked. */
  MillisecondsToSsh?: number;
  MillisecondsToChecked?: number;
  /** How many there are to be. */
  Checks: number;
  /** Ways by which the operator was to hear of it, and has not: what they say is in the log. */
  NotTold?: string[];
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

/** Of one that did not pass: what is kept of it, for as long as there are not too many newer ones. */
export interface GetDrillEvidenceRequest {
  DrillId: string;
}

export interface GetDrillEvidenceResult {
  ConsoleOutput?: Uint8Array;
  /** A JPEG. */
  Screenshot?: Uint8Array;
}

export interface DrillInputs extends DrillCheckInputs {
  StartDrill: StartDrillRequest;
  DescribeDrills: DescribeDrillsRequest;
  StopDrill: StopDrillRequest;
  GetDrillEvidence: GetDrillEvidenceRequest;
}

export interface DrillOutputs extends DrillCheckOutputs {
  StartDrill: StartDrillResult;
  DescribeDrills: DescribeDrillsResult;
  StopDrill: unknown;
  GetDrillEvidence: GetDrillEvidenceResult;
}
