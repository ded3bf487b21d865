/**
 * The part of Imago's own contract (imago.ts) that is policies which forget backups by restic's
 * rules, at their times. `ForgetBackups` with `PolicyName` and `Preview` tells what one would do.
 */
import { type KeepRules, keepRules } from './imago-keep-rules.ts';
import type { ServiceModel } from './model.ts';

const said = {
  PolicyName: 'string',
  SourceIds: 'StringList',
  TargetTags: 'TargetTagList',
  ...keepRules,
  Schedule: 'string',
  Enabled: 'boolean',
} as const;

export const forgetPolicyShapes = {
  PutForgetPolicyRequest: { members: said, required: ['PolicyName'] },
  PutForgetPolicyResult: { members: { Policy: 'ForgetPolicy' } },
  DescribeForgetPoliciesRequest: {
    members: { PolicyName: 'string', MaxResults: 'number', NextToken: 'string' },
  },
  DescribeForgetPoliciesResult: {
    members: { Policies: 'ForgetPolicyList', NextToken: 'string' },
  },
  DeleteForgetPolicyRequest: { members: { PolicyName: 'string' }, required: ['PolicyName'] },
  DeleteForgetPolicyResult: { members: {} },
  ForgetPolicyList: { list: 'ForgetPolicy', xml: 'item' },
  ForgetPolicy: { members: { ...said, NextRunTime: 'timestamp', LastRun: 'ForgetRun' } },
  ForgetRun: {
    members: { Time: 'timestamp', Removed: 'number', Refused: 'number', Problem: 'string' },
  },
} as const satisfies ServiceModel['shapes'];

export const forgetPolicyOperations = {
  PutForgetPolicy: {
    input: 'PutForgetPolicyRequest',
    output: 'PutForgetPolicyResult',
    http: { input: { PolicyName: 'label' } },
  },
  DescribeForgetPolicies: {
    input: 'DescribeForgetPoliciesRequest',
    output: 'DescribeForgetPoliciesResult',
    http: {
      input: {
        PolicyName: 'query policyName',
        MaxResults: 'query maxResults',
        NextToken: 'query nextToken',
      },
    },
  },
  DeleteForgetPolicy: {
    input: 'DeleteForgetPolicyRequest',
    output: 'DeleteForgetPolicyResult',
    http: { input: { PolicyName: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const forgetPolicyRoutes = {
  PutForgetPolicy: 'PUT /imago/forget-policies/{PolicyName}',
  DescribeForgetPolicies: 'GET /imago/forget-policies',
  DeleteForgetPolicy: 'DELETE /imago/forget-policies/{PolicyName}',
} as const;

/**
 * Makes it, or says all of it anew. It is for the backups of all sources that are named or have one
 * of the tags: all that ListBackups tells of each, those of other policies, of jobs and by hand too.
 * One of a machine that is gone is found no more by its tags, and stays unless its id is named.
 */
export interface PutForgetPolicyRequest extends KeepRules {
  PolicyName: string;
  /** Instances and volumes; of these two one is needed. */
  SourceIds?: string[];
  TargetTags?: { Key: string; Value: string }[];
  /** `cron(…)`, in `Timezone`, or `rate(…)`; once a day at 04:30 when absent. */
  Schedule?: string;
  /** True when absent. */
  Enabled?: boolean;
}

export interface ForgetPolicy extends PutForgetPolicyRequest {
  Schedule: string;
  Enabled: boolean;
  NextRunTime?: Date;
  LastRun?: {
    Time: Date;
    Removed: number;
    /** To be removed, and protected, locked, in use or a recovery point. */
    Refused: number;
    Problem?: string;
  };
}

export interface PutForgetPolicyResult {
  Policy: ForgetPolicy;
}

export interface DescribeForgetPoliciesRequest {
  PolicyName?: string;
  MaxResults?: number;
  NextToken?: string;
}

export interface DescribeForgetPoliciesResult {
  Policies: ForgetPolicy[];
  NextToken?: string;
}

/** The backups stay. */
export interface DeleteForgetPolicyRequest {
  PolicyName: string;
}

export type DeleteForgetPolicyResult = Record<string, never>;

export interface ForgetPolicyInputs {
  PutForgetPolicy: PutForgetPolicyRequest;
  DescribeForgetPolicies: DescribeForgetPoliciesRequest;
  DeleteForgetPolicy: DeleteForgetPolicyRequest;
}

export interface ForgetPolicyOutputs {
  PutForgetPolicy: PutForgetPolicyResult;
  DescribeForgetPolicies: DescribeForgetPoliciesResult;
  DeleteForgetPolicy: DeleteForgetPolicyResult;
}
