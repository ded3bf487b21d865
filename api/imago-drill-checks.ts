/**
 * The part of Imago's own contract (imago.ts) that is what a drill looks at; and that is said once
 * of a machine, or a volume, so that every drill of one of its backups does.
 */
import type { ServiceModel } from './model.ts';

export const drillLooks = {
  InstanceType: 'string',
  ConsoleText: 'string',
  BootTimeoutSeconds: 'number',
  Checks: 'DrillCheckRequestList',
  Compare: 'StringList',
} as const;
const said = { SourceId: 'string', ...drillLooks } as const;

export const drillCheckShapes = {
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
  PutDrillChecksRequest: { members: said, required: ['SourceId'] },
  PutDrillChecksResult: { members: { DrillChecks: 'DrillChecks' } },
  DescribeDrillChecksRequest: {
    members: { SourceId: 'string', MaxResults: 'number', NextToken: 'string' },
  },
  DescribeDrillChecksResult: {
    members: { DrillChecks: 'DrillChecksList', NextToken: 'string' },
  },
  DeleteDrillChecksRequest: { members: { SourceId: 'string' }, required: ['SourceId'] },
  DeleteDrillChecksResult: { members: {} },
  DrillChecksList: { list: 'DrillChecks', xml: 'item' },
  DrillChecks: { members: { ...said, PutTime: 'timestamp' } },
} as const satisfies ServiceModel['shapes'];

export const drillCheckOperations = {
  PutDrillChecks: {
    input: 'PutDrillChecksRequest',
    output: 'PutDrillChecksResult',
    http: { input: { SourceId: 'label' } },
  },
  DescribeDrillChecks: {
    input: 'DescribeDrillChecksRequest',
    output: 'DescribeDrillChecksResult',
    http: {
      input: {
        SourceId: 'query sourceId',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  DeleteDrillChecks: {
    input: 'DeleteDrillChecksRequest',
    output: 'DeleteDrillChecksResult',
    http: { input: { SourceId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const drillCheckRoutes = {
  PutDrillChecks: 'PUT /imago/drill-checks/{SourceId}',
  DescribeDrillChecks: 'GET /imago/drill-checks',
  DeleteDrillChecks: 'DELETE /imago/drill-checks/{SourceId}',
} as const;

export interface DrillLooks {
  /** Without it a small one for which there is room. */
  InstanceType?: string;
  /**
   * The guest is ready when its console has said this; without it, when its agent answers, or its SSH
   * server where nothing asks the agent.
   */
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

/**
 * Says all of it, in place of what was said before. A drill of a backup of the source looks at this
 * first, and then at what it was asked for itself; what both say of the machine the drill's own says.
 * It stays when the source is gone, and counts for copies in other regions, too.
 */
export interface PutDrillChecksRequest extends DrillLooks {
  /** An instance or a volume, be it gone. */
  SourceId: string;
}

export interface DrillChecks extends PutDrillChecksRequest {
  PutTime: Date;
}

export interface PutDrillChecksResult {
  DrillChecks: DrillChecks;
}

export interface DescribeDrillChecksRequest {
  SourceId?: string;
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeDrillChecksResult {
  DrillChecks: DrillChecks[];
  NextToken?: string;
}

export interface DeleteDrillChecksRequest {
  SourceId: string;
}

export type DeleteDrillChecksResult = Record<string, never>;

export interface DrillCheckInputs {
  PutDrillChecks: PutDrillChecksRequest;
  DescribeDrillChecks: DescribeDrillChecksRequest;
  DeleteDrillChecks: DeleteDrillChecksRequest;
}

export interface DrillCheckOutputs {
  PutDrillChecks: PutDrillChecksResult;
  DescribeDrillChecks: DescribeDrillChecksResult;
  DeleteDrillChecks: DeleteDrillChecksResult;
}
