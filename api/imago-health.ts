/**
 * The part of Imago's own contract (imago.ts) that tells its operators how it is: its log, and what
 * a look at its machine finds.
 */
import type { ServiceModel } from './model.ts';

export const healthShapes = {
  TailLogRequest: { members: {} },
  DescribeDoctorRequest: { members: {} },
  DescribeDoctorResult: { members: { Findings: 'DoctorFindingList' } },
  DoctorFindingList: { list: 'DoctorFinding', xml: 'item' },
  DoctorFinding: {
    members: { Name: 'string', State: 'string', Detail: 'string', Advice: 'string' },
  },
} as const satisfies ServiceModel['shapes'];

export const healthOperations = {
  TailLog: { input: 'TailLogRequest' },
  DescribeDoctor: { input: 'DescribeDoctorRequest', output: 'DescribeDoctorResult' },
} as const satisfies ServiceModel['operations'];

export const healthRoutes = {
  TailLog: 'GET /imago/log',
  DescribeDoctor: 'GET /imago/doctor',
} as const;

/**
 * What TailLog's WebSocket tells, one JSON object a line, from the server alone: first the newest
 * lines that there are, then each as it comes. Without members: nothing has come, and the
 * connection is alive.
 */
export interface LogLine {
  /** ISO 8601. */
  time?: string;
  level?: 'info' | 'warn' | 'error';
  message?: string;
  /** So many lines before this one came faster than they were read. */
  leftOut?: number;
  /** What else the line says, such as `requestId`. */
  [field: string]: unknown;
}

export interface DescribeDoctorResult {
  Findings: DoctorFinding[];
}

/** As `imago doctor` tells it. */
export interface DoctorFinding {
  Name: string;
  /** `warning`: it works, less well. `problem`: Imago or a part of it does not work. */
  State: 'good' | 'warning' | 'problem';
  Detail: string;
  /** What to do about what is not good. */
  Advice?: string;
}

export interface HealthInputs {
  TailLog: Record<string, never>;
  DescribeDoctor: Record<string, never>;
}

export interface HealthOutputs {
  TailLog: unknown;
  DescribeDoctor: DescribeDoctorResult;
}
