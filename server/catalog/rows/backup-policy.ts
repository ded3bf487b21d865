/**
 * Policies of the Data Lifecycle Manager: of what backups are made, when, and how long they are
 * kept. The id is `policy-…`. What a policy does with each of its sources is a row of its own.
 */
import type { OwnedRow, Row, Tags } from './row.ts';

export interface BackupPolicyRow extends OwnedRow {
  description: string;
  /** `ERROR`: it cannot go on as it is, and does nothing until it is changed. */
  state: 'ENABLED' | 'DISABLED' | 'ERROR';
  statusMessage?: string;
  /** As it was given: Imago has no roles, and it does nothing. */
  executionRole: string;
  makes: 'images' | 'snapshots';
  of: 'instances' | 'volumes';
  /** One of these tags is enough; absent: it is a default policy, which has `everything`. */
  targetTags?: Tag[];
  everything?: Everything;
  schedules: BackupSchedule[];
  /** Of instances: their root volume is left out, and data volumes that have one of the tags. */
  excludeBootVolume?: boolean;
  excludeDataVolumeTags?: Tag[];
  /** Of images: the guest is halted for it. */
  reboot?: boolean;
  updatedAt?: string;
  /** It is there no longer, but for removing what it made. */
  deletedAt?: string;
  /** When it is looked at next; absent: never, as it is not enabled. */
  nextRunAt?: string;
  tags: Tags;
}

export interface Tag {
  key: string;
  value: string;
}

/** All that have no recent backup, but for what is excluded. */
export interface Everything {
  createDays: number;
  retainDays: number;
  copyTags: boolean;
  /** What is there goes on being removed when source or policy are gone, the last one, too. */
  extendDeletion: boolean;
  copyRegions: string[];
  excludeBootVolumes?: boolean;
  excludeVolumeTypes?: string[];
  excludeTags?: Tag[];
}

export type AgeUnit = 'DAYS' | 'WEEKS' | 'MONTHS' | 'YEARS';

export interface Age {
  value: number;
  unit: AgeUnit;
}

/** The newest so many, or those that are younger than that. */
export type Retention = { count: number } | { age: Age };

export interface BackupSchedule {
  name: string;
  /** Every so many hours from a time of the day on, or by an expression; in UTC where nothing is said. */
  creates: { hours: number; time: string } | { expression: string; timezone?: string };
  /** The next time that nothing has been begun for. */
  nextAt?: string;
  /** Of snapshots of instances: what is run in the guest around them. */
  scripts?: BackupScripts;
  copyTags: boolean;
  tags: Tags;
  /** Values with `$(instance-id)` or `$(timestamp)`. */
  variableTags: Tags;
  retain: Retention;
  deprecate?: Retention;
  copies: CopyRule[];
  fastRestore?: { zones: string[]; byIds?: boolean; for: Retention };
  shares: { accounts: string[]; until?: Age }[];
  /** What is no longer retained goes into the archive, and is kept there so long. */
  archive?: Retention;
}

/** A document of Systems Manager, which is told by its parameter `command` which one is meant. */
export interface BackupScripts {
  /** By name or ARN, as it was given. */
  document: string;
  pre: boolean;
  post: boolean;
  /** Where the one before fails there is no snapshot; otherwise one as after a power cut. */
  isNeeded: boolean;
  /** Of each. */
  timeoutSeconds: number;
  retries: number;
}

export interface CopyRule {
  region: string;
  encrypted: boolean;
  kmsKeyId?: string;
  copyTags: boolean;
  /** Absent: it stays. */
  retain?: Age;
  deprecate?: Age;
}

/** What a policy has done with one source, and when it has to look at its backups again. */
export interface BackupSourceRow extends OwnedRow {
  // The id is `policy/source`.
  policyId: string;
  sourceId: string;
  /** By schedule: the last time that a backup was ordered for. */
  orderedFor: Record<string, string>;
  nextLookAt: string;
  /** Other regions in which there may be copies, be there a rule for them still or not. */
  copyRegions?: string[];
  /** By schedule: times that no backup could be ordered for yet. It is tried again until then. */
  owed?: { times: Record<string, string>; until: string };
  /** Why the last one was not ordered, as people are told. */
  missed?: string;
  /** What could not be done at the last look, as people are told. */
  undone?: string;
}

/** By whose policy they are found. */
export function undoneOfPolicy({ policyId, missed, undone }: BackupSourceRow): string[] {
  return (missed ?? undone) === undefined ? [] : [backupSourceId(policyId, '')];
}

/** How a policy's row of a source is called. */
export function backupSourceId(policyId: string, sourceId: string): Row['id'] {
  return `${policyId}/${sourceId}`;
}

/** By which policies are found when their time has come. */
export function plannedRun({ nextRunAt }: { nextRunAt?: string }): string[] {
  return nextRunAt === undefined ? [] : [nextRunAt];
}
