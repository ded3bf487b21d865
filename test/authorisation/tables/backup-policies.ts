/** Data Lifecycle Manager. */
import {
  makePolicy,
  policyDetails,
  policyRole,
} from '../../../server/operations/test-backup-policies.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

const unseen = 'ResourceNotFoundException';
const missing = 'policy-00000000000badc0d';
const asked = {
  ExecutionRoleArn: policyRole,
  Description: 'made',
  State: 'ENABLED',
  PolicyDetails: policyDetails(),
};

/** Looked up when a backup is shared or copied; the role does nothing. */
const plain = [
  'ExecutionRoleArn',
  'PolicyDetails.Schedules.Name',
  'PolicyDetails.Schedules.CrossRegionCopyRules.CmkArn',
  'PolicyDetails.Schedules.ShareRules.TargetAccounts',
];

export const table: AuthorisationTable = {
  nouns: {
    backupPolicy: { make: (context) => makePolicy(context), missing, unseen },
    backupPolicyArn: {
      async make(context) {
        const { account, region } = context.caller;
        return `arn:aws:dlm:${region}:${account}:policy/${await makePolicy(context)}`;
      },
      missing: `arn:aws:dlm:us-east-1:999999999999:policy/${missing}`,
      unseen,
    },
  },
  actions: {
    'dlm.CreateLifecyclePolicy': { with: asked, plain },
    'dlm.GetLifecyclePolicies': {
      ...ownOnly,
      names: [{ path: 'PolicyIds', noun: 'backupPolicy' }],
    },
    'dlm.GetLifecyclePolicy': byOne('PolicyId', 'backupPolicy'),
    'dlm.UpdateLifecyclePolicy': byOne('PolicyId', 'backupPolicy', {
      with: { PolicyDetails: policyDetails() },
      plain,
    }),
    'dlm.DeleteLifecyclePolicy': byOne('PolicyId', 'backupPolicy'),
    'dlm.TagResource': byOne('ResourceArn', 'backupPolicyArn', { with: { Tags: { a: 'b' } } }),
    'dlm.UntagResource': byOne('ResourceArn', 'backupPolicyArn', { with: { TagKeys: ['a'] } }),
    'dlm.ListTagsForResource': byOne('ResourceArn', 'backupPolicyArn'),
  },
};
