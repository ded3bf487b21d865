/**
 * Lifecycle policies of Image Builder: which images are deprecated, disabled and deleted, and when.
 * The id is the ARN, `arn:aws:imagebuilder:REGION:ACCOUNT:lifecycle-policy/SLUG`.
 */
import type { OwnedRow, Tags } from './row.ts';

export interface LifecyclePolicyRow extends OwnedRow {
  name: string;
  slug: string;
  description?: string;
  status: 'ENABLED' | 'DISABLED';
  /** As it was given: Imago has no roles, and it does nothing. */
  executionRole: string;
  rules: LifecycleRule[];
  /** Builds of these versions of recipes, or with all these tags: one of both. */
  selection: { recipes?: { name: string; semanticVersion: string }[]; tags?: Tags };
  updatedAt?: string;
  /** When it was carried out last. */
  lastRunAt?: string;
  /** When it is carried out next; absent: never, as it is disabled. */
  nextRunAt?: string;
  tags: Tags;
}

export type LifecycleUnit = 'DAYS' | 'WEEKS' | 'MONTHS' | 'YEARS';

export interface LifecycleRule {
  action: 'DELETE' | 'DEPRECATE' | 'DISABLE';
  /** What is changed with the build. */
  includes: { amis: boolean; snapshots: boolean };
  /** Older than that, or all but the newest so many. */
  filter:
    | { type: 'AGE'; value: number; unit: LifecycleUnit; retainAtLeast?: number }
    | { type: 'COUNT'; value: number };
  /** Builds, and AMIs, that are left alone. */
  exclusions: {
    tags?: Tags;
    amis?: {
      isPublic?: boolean;
      regions?: string[];
      sharedAccounts?: string[];
      lastLaunched?: { value: number; unit: LifecycleUnit };
      tags?: Tags;
    };
  };
}
