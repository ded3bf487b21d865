/**
 * The part of Imago's own contract (imago.ts) that forgets backups by restic's rules, or foretells
 * it.
 */
import {
  type ForgetPolicyInputs,
  type ForgetPolicyOutputs,
  forgetPolicyOperations,
  forgetPolicyRoutes,
  forgetPolicyShapes,
} from './imago-forget-policies.ts';
import { type KeepRules, keepRules } from './imago-keep-rules.ts';
import {
  type SimulateInputs,
  type SimulateOutputs,
  simulateOperations,
  simulateRoutes,
  simulateShapes,
} from './imago-simulate.ts';
import type { ServiceModel } from './model.ts';

export const forgetShapes = {
  ...forgetPolicyShapes,
  ...simulateShapes,
  ForgetBackupsRequest: {
    members: { SourceId: 'string', PolicyName: 'string', ...keepRules, Preview: 'boolean' },
    required: ['SourceId'],
  },
  ForgetBackupsResult: {
    members: { Backups: 'ForgottenBackupList', PolicyIsForSource: 'boolean' },
  },
  ForgottenBackupList: { list: 'ForgottenBackup', xml: 'item' },
  ForgottenBackup: {
    members: {
      BackupId: 'string',
      CreateTime: 'timestamp',
      State: 'string',
      Fate: 'string',
      Reasons: 'StringList',
      Problem: 'string',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const forgetOperations = {
  ...forgetPolicyOperations,
  ...simulateOperations,
  ForgetBackups: {
    input: 'ForgetBackupsRequest',
    output: 'ForgetBackupsResult',
    http: { input: { SourceId: 'label' } },
  },
} as const satisfies ServiceModel['operations'];

export const forgetRoutes = {
  ...forgetPolicyRoutes,
  ...simulateRoutes,
  ForgetBackups: 'POST /imago/backup-sources/{SourceId}/forget',
} as const;

/**
 * For the backups of one source in the caller's region: kept is what a rule keeps, what is pending
 * or shared with others, and the last good ones; all else goes, be it made by a policy or by hand.
 * Of an instance its images, and for themselves the sets of snapshots of its volumes, each of which
 * goes as a whole and is told as that of its boot disk. Of a volume what is in such a set stays.
 */
export interface ForgetBackupsRequest extends KeepRules {
  /** An instance or a volume, be it gone. */
  SourceId: string;
  /** By the rules of this policy, in place of rules. */
  PolicyName?: string;
  /** Tells all of it, and removes nothing. */
  Preview?: boolean;
}

export interface ForgetBackupsResult {
  /** The newest first. */
  Backups: ForgottenBackup[];
  /**
   * With `PolicyName`: whether the policy by itself looks at the source, or would if not at rest.
   */
  PolicyIsForSource?: boolean;
}

export interface ForgottenBackup {
  BackupId: string;
  CreateTime: Date;
  State: string;
  /** `refused`: it was to be removed, and is protected, locked, in use or a recovery point. */
  Fate: 'kept' | 'removed' | 'refused';
  /** Why it is kept, in restic's words. */
  Reasons: string[];
  /** Why it could not be removed. */
  Problem?: string;
}

export interface ForgetInputs extends ForgetPolicyInputs, SimulateInputs {
  ForgetBackups: ForgetBackupsRequest;
}

export interface ForgetOutputs extends ForgetPolicyOutputs, SimulateOutputs {
  ForgetBackups: ForgetBackupsResult;
}
