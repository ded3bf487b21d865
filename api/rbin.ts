/**
 * The contract of the recycle bin's retention rules (rbin), written by hand: the official client of
 * rbin has no schemas to generate it from. test/clients/rbin.test.ts holds it against
 * the model that the official Python client has. What is in the bin is EC2's own (ec2
 * ListImagesInRecycleBin and the like).
 */
import type { ServiceModel } from './model.ts';

const ruleMembers = {
  Identifier: 'string',
  Description: 'string',
  ResourceType: 'string',
  RetentionPeriod: 'RetentionPeriod',
  ResourceTags: 'ResourceTags',
  ExcludeResourceTags: 'ResourceTags',
  Status: 'string',
  LockState: 'string',
  RuleArn: 'string',
} as const;

const onOne = { http: { input: { Identifier: 'label' } } } as const;

export const rbinModel = {
  service: 'rbin',
  version: '2021-06-15',
  protocol: 'rest-json',
  errors: {
    InvalidNextToken: ['ValidationException', 'INVALID_PAGE_TOKEN'],
    InvalidParameterValue: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
    'InvalidTagKey.Malformed': ['ValidationException', 'INVALID_PARAMETER_VALUE'],
    MissingParameter: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
    UnknownParameter: ['ValidationException', 'INVALID_PARAMETER_VALUE'],
    ResourceNotFoundException: ['ResourceNotFoundException', 'RULE_NOT_FOUND'],
    ConflictException: ['ConflictException', 'INVALID_RULE_STATE'],
    ServiceQuotaExceededException: ['ServiceQuotaExceededException', 'SERVICE_QUOTA_EXCEEDED'],
    InternalError: ['InternalServerException'],
  },
  shapes: {
    RetentionPeriod: {
      members: { RetentionPeriodValue: 'number', RetentionPeriodUnit: 'string' },
      required: ['RetentionPeriodValue', 'RetentionPeriodUnit'],
    },
    UnlockDelay: {
      members: { UnlockDelayValue: 'number', UnlockDelayUnit: 'string' },
      required: ['UnlockDelayValue', 'UnlockDelayUnit'],
    },
    LockConfiguration: { members: { UnlockDelay: 'UnlockDelay' }, required: ['UnlockDelay'] },
    ResourceTag: {
      members: { ResourceTagKey: 'string', ResourceTagValue: 'string' },
      required: ['ResourceTagKey'],
    },
    ResourceTags: { list: 'ResourceTag', xml: 'item' },
    Tag: { members: { Key: 'string', Value: 'string' }, required: ['Key', 'Value'] },
    TagList: { list: 'Tag', xml: 'item' },
    TagKeyList: { list: 'string', xml: 'item' },
    RuleSummary: {
      members: {
        Identifier: 'string',
        Description: 'string',
        RetentionPeriod: 'RetentionPeriod',
        LockState: 'string',
        RuleArn: 'string',
      },
    },
    RuleSummaryList: { list: 'RuleSummary', xml: 'item' },
    CreateRuleRequest: {
      members: {
        RetentionPeriod: 'RetentionPeriod',
        Description: 'string',
        Tags: 'TagList',
        ResourceType: 'string',
        ResourceTags: 'ResourceTags',
        ExcludeResourceTags: 'ResourceTags',
        LockConfiguration: 'LockConfiguration',
      },
      required: ['RetentionPeriod', 'ResourceType'],
    },
    CreateRuleResponse: {
      members: { ...ruleMembers, Tags: 'TagList', LockConfiguration: 'LockConfiguration' },
    },
    RuleRequest: { members: { Identifier: 'string' }, required: ['Identifier'] },
    RuleResponse: {
      members: { ...ruleMembers, LockConfiguration: 'LockConfiguration', LockEndTime: 'timestamp' },
    },
    EmptyResponse: { members: {} },
    UpdateRuleRequest: {
      members: {
        Identifier: 'string',
        RetentionPeriod: 'RetentionPeriod',
        Description: 'string',
        ResourceType: 'string',
        ResourceTags: 'ResourceTags',
        ExcludeResourceTags: 'ResourceTags',
      },
      required: ['Identifier'],
    },
    UpdateRuleResponse: { members: { ...ruleMembers, LockEndTime: 'timestamp' } },
    ListRulesRequest: {
      members: {
        MaxResults: 'number',
        NextToken: 'string',
        ResourceType: 'string',
        ResourceTags: 'ResourceTags',
        LockState: 'string',
        ExcludeResourceTags: 'ResourceTags',
      },
      required: ['ResourceType'],
    },
    ListRulesResponse: { members: { Rules: 'RuleSummaryList', NextToken: 'string' } },
    LockRuleRequest: {
      members: { Identifier: 'string', LockConfiguration: 'LockConfiguration' },
      required: ['Identifier', 'LockConfiguration'],
    },
    LockRuleResponse: { members: { ...ruleMembers, LockConfiguration: 'LockConfiguration' } },
    ListTagsForResourceRequest: { members: { ResourceArn: 'string' }, required: ['ResourceArn'] },
    ListTagsForResourceResponse: { members: { Tags: 'TagList' } },
    TagResourceRequest: {
      members: { ResourceArn: 'string', Tags: 'TagList' },
      required: ['ResourceArn', 'Tags'],
    },
    UntagResourceRequest: {
      members: { ResourceArn: 'string', TagKeys: 'TagKeyList' },
      required: ['ResourceArn', 'TagKeys'],
    },
  },
  operations: {
    CreateRule: {
      input: 'CreateRuleRequest',
      output: 'CreateRuleResponse',
      http: { status: 201 },
    },
    DeleteRule: {
      input: 'RuleRequest',
      output: 'EmptyResponse',
      http: { status: 204, input: { Identifier: 'label' } },
    },
    GetRule: { input: 'RuleRequest', output: 'RuleResponse', ...onOne },
    ListRules: { input: 'ListRulesRequest', output: 'ListRulesResponse' },
    ListTagsForResource: {
      input: 'ListTagsForResourceRequest',
      output: 'ListTagsForResourceResponse',
      http: { input: { ResourceArn: 'label' } },
    },
    LockRule: { input: 'LockRuleRequest', output: 'LockRuleResponse', ...onOne },
    TagResource: {
      input: 'TagResourceRequest',
      output: 'EmptyResponse',
      http: { status: 201, input: { ResourceArn: 'label' } },
    },
    UnlockRule: { input: 'RuleRequest', output: 'RuleResponse', ...onOne },
    UntagResource: {
      input: 'UntagResourceRequest',
      output: 'EmptyResponse',
      http: { status: 204, input: { ResourceArn: 'label', TagKeys: 'query tagKeys' } },
    },
    UpdateRule: { input: 'UpdateRuleRequest', output: 'UpdateRuleResponse', ...onOne },
  },
  routes: {
    CreateRule: 'POST /rules',
    DeleteRule: 'DELETE /rules/{Identifier}',
    GetRule: 'GET /rules/{Identifier}',
    ListRules: 'POST /list-rules',
    ListTagsForResource: 'GET /tags/{ResourceArn}',
    LockRule: 'PATCH /rules/{Identifier}/lock',
    TagResource: 'POST /tags/{ResourceArn}',
    UnlockRule: 'PATCH /rules/{Identifier}/unlock',
    UntagResource: 'DELETE /tags/{ResourceArn}',
    UpdateRule: 'PATCH /rules/{Identifier}',
  },
} as const satisfies ServiceModel;

export const rbinActionNames: readonly string[] = Object.keys(rbinModel.operations);

export interface RetentionPeriod {
  RetentionPeriodValue: number;
  /** `DAYS`. */
  RetentionPeriodUnit: string;
}

export interface LockConfiguration {
  /** The unit is `DAYS`. */
  UnlockDelay: { UnlockDelayValue: number; UnlockDelayUnit: string };
}

export interface ResourceTag {
  ResourceTagKey: string;
  ResourceTagValue?: string;
}

export interface Tag {
  Key: string;
  Value: string;
}

export interface CreateRuleRequest {
  RetentionPeriod: RetentionPeriod;
  Description?: string;
  Tags?: Tag[];
  ResourceType: string;
  ResourceTags?: ResourceTag[];
  ExcludeResourceTags?: ResourceTag[];
  LockConfiguration?: LockConfiguration;
}

export interface Rule {
  Identifier: string;
  Description?: string;
  ResourceType: string;
  RetentionPeriod: RetentionPeriod;
  ResourceTags: ResourceTag[];
  ExcludeResourceTags: ResourceTag[];
  Status: 'available';
  /** Absent: it was never locked. */
  LockState?: 'locked' | 'pending_unlock' | 'unlocked';
  RuleArn: string;
}

export interface CreateRuleResult extends Rule {
  Tags: Tag[];
  LockConfiguration?: LockConfiguration;
}

export interface RuleRequest {
  Identifier: string;
}

export interface RuleResult extends Rule {
  LockConfiguration?: LockConfiguration;
  LockEndTime?: Date;
}

export interface UpdateRuleRequest {
  Identifier: string;
  RetentionPeriod?: RetentionPeriod;
  Description?: string;
  ResourceType?: string;
  ResourceTags?: ResourceTag[];
  ExcludeResourceTags?: ResourceTag[];
}

export interface UpdateRuleResult extends Rule {
  LockEndTime?: Date;
}

export interface ListRulesRequest {
  MaxResults?: number;
  NextToken?: string;
  ResourceType: string;
  ResourceTags?: ResourceTag[];
  LockState?: string;
  ExcludeResourceTags?: ResourceTag[];
}

export interface ListRulesResult {
  Rules: Pick<Rule, 'Identifier' | 'Description' | 'RetentionPeriod' | 'LockState' | 'RuleArn'>[];
  NextToken?: string;
}

export interface LockRuleRequest {
  Identifier: string;
  LockConfiguration: LockConfiguration;
}

export interface LockRuleResult extends Rule {
  LockConfiguration?: LockConfiguration;
}

export interface ListTagsForResourceRequest {
  ResourceArn: string;
}

export interface ListTagsForResourceResult {
  Tags: Tag[];
}

export interface TagResourceRequest {
  ResourceArn: string;
  Tags: Tag[];
}

export interface UntagResourceRequest {
  ResourceArn: string;
  TagKeys: string[];
}

export type EmptyResult = Record<string, never>;

export interface RbinInputs {
  CreateRule: CreateRuleRequest;
  DeleteRule: RuleRequest;
  GetRule: RuleRequest;
  ListRules: ListRulesRequest;
  ListTagsForResource: ListTagsForResourceRequest;
  LockRule: LockRuleRequest;
  TagResource: TagResourceRequest;
  UnlockRule: RuleRequest;
  UntagResource: UntagResourceRequest;
  UpdateRule: UpdateRuleRequest;
}

export interface RbinOutputs {
  CreateRule: CreateRuleResult;
  DeleteRule: EmptyResult;
  GetRule: RuleResult;
  ListRules: ListRulesResult;
  ListTagsForResource: ListTagsForResourceResult;
  LockRule: LockRuleResult;
  TagResource: EmptyResult;
  UnlockRule: RuleResult;
  UntagResource: EmptyResult;
  UpdateRule: UpdateRuleResult;
}
