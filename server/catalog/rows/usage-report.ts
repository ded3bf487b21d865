/** Reports on who uses an image. */
import type { OwnedRow, Tags } from './row.ts';

export interface ImageUsageReportRow extends OwnedRow {
  imageId: string;
  state: 'pending' | 'available' | 'error';
  stateReason?: string;
  resourceTypes: ReportedType[];
  /** Only these; absent: all accounts. */
  accountIds?: string[];
  /** From then on it is gone. */
  expiresAt: string;
  /** When it is available: accounts without any are not in it. */
  entries?: UsageEntry[];
  tags: Tags;
}

export interface ReportedType {
  name: string;
  /** Of launch templates: how many versions are looked at. */
  versionDepth?: number;
}

export interface UsageEntry {
  account: string;
  resourceType: string;
  count: number;
}
