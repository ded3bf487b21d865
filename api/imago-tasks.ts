/** The part of Imago's own contract (imago.ts) that is its tasks: long work, step by step. */
import type { ServiceModel } from './model.ts';

export const taskShapes = {
  DescribeTasksRequest: {
    members: {
      TaskIds: 'StringList',
      Subjects: 'StringList',
      States: 'StringList',
      MaxResults: 'number',
      NextToken: 'string',
    },
  },
  DescribeTasksResult: { members: { Tasks: 'TaskList', NextToken: 'string' } },
  Task: {
    members: {
      Id: 'string',
      Kind: 'string',
      State: 'string',
      Subject: 'string',
      Step: 'string',
      Steps: 'StringList',
      ProgressPercent: 'number',
      Progress: 'TaskProgress',
      Error: 'string',
      CreatedAt: 'timestamp',
      FinishedAt: 'timestamp',
      Outputs: 'document',
    },
  },
  TaskProgress: { members: { DoneBytes: 'number', TotalBytes: 'number' } },
  TaskList: { list: 'Task', xml: 'item' },
} as const satisfies ServiceModel['shapes'];

export const taskOperations = {
  DescribeTasks: {
    input: 'DescribeTasksRequest',
    output: 'DescribeTasksResult',
    http: {
      input: {
        TaskIds: 'query taskId',
        Subjects: 'query subject',
        States: 'query state',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
} as const satisfies ServiceModel['operations'];

export const taskRoutes = {
  DescribeTasks: 'GET /imago/tasks',
} as const;

/** Without ids: all that there are. */
export interface DescribeTasksRequest {
  TaskIds?: string[];
  /** Only tasks that work on one of these. */
  Subjects?: string[];
  /** Only tasks that are in one of these. */
  States?: string[];
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeTasksResult {
  Tasks: Task[];
  NextToken?: string;
}

export interface Task {
  Id: string;
  Kind: string;
  State: 'running' | 'undoing' | 'succeeded' | 'failed';
  /** What the task works on, such as an image's id. */
  Subject: string;
  /** The step being run or undone. */
  Step?: string;
  /** All steps of this kind of task, in order. */
  Steps: string[];
  ProgressPercent?: number;
  /** Of the step, where it moves many bytes. */
  Progress?: { DoneBytes: number; TotalBytes: number };
  Error?: string;
  CreatedAt: Date;
  FinishedAt?: Date;
  /** What the steps that have completed returned, by step. */
  Outputs?: Record<string, unknown>;
}

export interface TaskInputs {
  DescribeTasks: DescribeTasksRequest;
}

export interface TaskOutputs {
  DescribeTasks: DescribeTasksResult;
}
