/**
 * The part of Imago's own contract (imago.ts) that is about instances: where their ports are, their
 * console and screen, and what they take. That is told in rates, not in counters: whoever draws
 * them need know nothing of restarts.
 */
import type { ServiceModel } from './model.ts';

export const instanceShapes = {
  DescribePortsRequest: { members: { InstanceIds: 'StringList' }, required: ['InstanceIds'] },
  DescribePortsResult: { members: { Instances: 'InstancePortsList' } },
  InstancePortsList: { list: 'InstancePorts', xml: 'item' },
  InstancePorts: { members: { InstanceId: 'string', Ports: 'OpenPortList' } },
  OpenPortList: { list: 'OpenPort', xml: 'item' },
  OpenPort: {
    members: { Protocol: 'string', GuestPort: 'number', HostIp: 'string', HostPort: 'number' },
  },
  OpenConsoleRequest: { members: { InstanceId: 'string' }, required: ['InstanceId'] },
  OpenScreenRequest: { members: { InstanceId: 'string' }, required: ['InstanceId'] },
  DescribeInstanceMetricsRequest: {
    members: {
      InstanceId: 'string',
      StartTime: 'timestamp',
      EndTime: 'timestamp',
      PeriodSeconds: 'number',
    },
    required: ['InstanceId'],
  },
  DescribeInstanceMetricsResult: {
    members: {
      InstanceId: 'string',
      PeriodSeconds: 'number',
      StartTime: 'timestamp',
      EndTime: 'timestamp',
      Points: 'MetricPointList',
    },
  },
  MetricPointList: { list: 'MetricPoint', xml: 'item' },
  MetricPoint: {
    members: {
      Time: 'timestamp',
      CpuPercent: 'number',
      DiskReadBytesPerSecond: 'number',
      DiskReadsPerSecond: 'number',
      DiskWrittenBytesPerSecond: 'number',
      DiskWritesPerSecond: 'number',
      NetworkReceivedBytesPerSecond: 'number',
      NetworkReceivedPacketsPerSecond: 'number',
      NetworkSentBytesPerSecond: 'number',
      NetworkSentPacketsPerSecond: 'number',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const instanceOperations = {
  DescribePorts: {
    input: 'DescribePortsRequest',
    output: 'DescribePortsResult',
    http: { input: { InstanceIds: 'query instanceId' } },
  },
  OpenConsole: { input: 'OpenConsoleRequest', http: { input: { InstanceId: 'label' } } },
  OpenScreen: { input: 'OpenScreenRequest', http: { input: { InstanceId: 'label' } } },
  DescribeInstanceMetrics: {
    input: 'DescribeInstanceMetricsRequest',
    output: 'DescribeInstanceMetricsResult',
    http: {
      input: {
        InstanceId: 'label',
        StartTime: 'query startTime',
        EndTime: 'query endTime',
        PeriodSeconds: 'query periodSeconds',
      },
    },
  },
} as const satisfies ServiceModel['operations'];

export const instanceRoutes = {
  DescribePorts: 'GET /imago/ports',
  OpenConsole: 'GET /imago/instances/{InstanceId}/console',
  OpenScreen: 'GET /imago/instances/{InstanceId}/screen',
  DescribeInstanceMetrics: 'GET /imago/instances/{InstanceId}/metrics',
} as const;

export interface DescribePortsRequest {
  InstanceIds: string[];
}

export interface DescribePortsResult {
  Instances: InstancePorts[];
}

/** Of an instance that runs; others have none. */
export interface InstancePorts {
  InstanceId: string;
  Ports: OpenPort[];
}

/** A port of this host that leads to one of the guest. */
export interface OpenPort {
  Protocol: 'tcp' | 'udp';
  GuestPort: number;
  HostIp: string;
  HostPort: number;
}

/** By a WebSocket: bytes of the guest's serial console, both ways. */
export interface OpenConsoleRequest {
  InstanceId: string;
}

export type OpenConsoleResult = unknown;

/** By a WebSocket: VNC (RFC 6143), the guest's display and its keyboard. */
export interface OpenScreenRequest {
  InstanceId: string;
}

export type OpenScreenResult = unknown;

export interface DescribeInstanceMetricsRequest {
  InstanceId: string;
  /** An hour before `EndTime` when absent. */
  StartTime?: Date;
  /** Now when absent. */
  EndTime?: Date;
  /**
   * Whole minutes; 60 when absent and `StartTime` is within the last hour, otherwise 300. By the
   * minute the last hour is known, by five minutes the last 24.
   */
  PeriodSeconds?: number;
}

export interface DescribeInstanceMetricsResult {
  InstanceId: string;
  PeriodSeconds: number;
  StartTime: Date;
  EndTime: Date;
  /** Oldest first; a time of which nothing is known has none. */
  Points: MetricPoint[];
}

/** What is not known is absent. */
export interface MetricPoint {
  /** Where the period begins that it is of. */
  Time: Date;
  /** Of one processor: two that are busy are 200. */
  CpuPercent?: number;
  DiskReadBytesPerSecond?: number;
  DiskReadsPerSecond?: number;
  DiskWrittenBytesPerSecond?: number;
  DiskWritesPerSecond?: number;
  NetworkReceivedBytesPerSecond?: number;
  NetworkReceivedPacketsPerSecond?: number;
  NetworkSentBytesPerSecond?: number;
  NetworkSentPacketsPerSecond?: number;
}

export interface InstanceInputs {
  DescribePorts: DescribePortsRequest;
  OpenConsole: OpenConsoleRequest;
  OpenScreen: OpenScreenRequest;
  DescribeInstanceMetrics: DescribeInstanceMetricsRequest;
}

export interface InstanceOutputs {
  DescribePorts: DescribePortsResult;
  OpenConsole: OpenConsoleResult;
  OpenScreen: OpenScreenResult;
  DescribeInstanceMetrics: DescribeInstanceMetricsResult;
}
