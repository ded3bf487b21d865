/** What an image or a snapshot remembers as a backup. One that nobody ordered as such has nothing. */

import { type OwnedRow, viewerKey } from './row.ts';

/** Of what it is a backup, and who ordered it. A copy of a backup has that of the first. */
export interface BackupOrigin {
  /** The instance, or the volume. */
  sourceId: string;
  /** Of a snapshot that was taken together with those of the machine's other volumes: the machine. */
  instanceId?: string;
  /** The policy, or the plan; absent: it was ordered by hand. */
  policyId?: string;
  /** Which schedule of it. */
  schedule?: string;
  /** Others of the policy, whose time it was, too. */
  alsoFor?: string[];
  /** The backup job, or copy job. */
  jobId?: string;
  /** Of a copy that a copy job made: when its original was. Others are as old as their row. */
  takenAt?: string;
  /** The time of the schedule that it is for: it was made then, or later. */
  dueAt?: string;
  /** When it was whole and its policy did with it what is done once: copied it, shared it. */
  settledAt?: string;
  unsharedAt?: string;
}

/** What came out when it was last booted and looked into. */
export interface DrillResult {
  drillId: string;
  endedAt: string;
  verdict: 'passed' | 'failed';
}

/** The backups of a source are found by it, in each region of its account. */
export function sourceOfBackup({ backup }: { backup?: BackupOrigin }): string[] {
  return backup ? [backup.sourceId] : [];
}

/** Those of a policy, source by source. */
export function policyOfBackup({ backup }: { backup?: BackupOrigin }): string[] {
  return backup?.policyId ? [`${backup.policyId}/${backup.sourceId}`] : [];
}

/** Before the places of images among the backups of the volumes that they have. */
export const ofVolume = 'volume ';

/**
 * Where it is among the backups of its owner: source by source, and of each the newest first. An
 * image that people made remembers its machine, and is one of it too; an image is besides one of
 * each volume that it has.
 */
export function backupPlaces(
  row: OwnedRow & {
    backup?: BackupOrigin;
    machine?: { instanceId: string; volumes: readonly { deviceName: string; volumeId: string }[] };
    blockDeviceMappings?: readonly { deviceName: string; ebs: { snapshotId?: string } }[];
  },
): string[] {
  const { backup, machine, blockDeviceMappings = [] } = row;
  const at = new Date(backup?.takenAt ?? row.createdAt);
  const sourceId = backup?.sourceId ?? machine?.instanceId;
  const kept = blockDeviceMappings.filter(({ ebs }) => ebs.snapshotId !== undefined);
  const volumes = machine?.volumes.filter(({ deviceName }) =>
    kept.some((mapping) => mapping.deviceName === deviceName),
  );
  return [
    ...(sourceId === undefined ? [] : [placeAt(row, sourceId, at)]),
    ...(volumes ?? []).map(({ volumeId }) => ofVolume + placeAt(row, volumeId, at)),
  ];
}

/** Above all times that there are, in milliseconds. */
const lastMs = 9_999_999_999_999;

/** What begins the places of an owner, of a source, of what is as old as that or older. */
export function placeAt(
  { account, region }: Pick<OwnedRow, 'account' | 'region'>,
  sourceId?: string,
  at?: Date,
): string {
  const newest = at === undefined ? '' : String(lastMs - at.getTime()).padStart(13, '0');
  const ofSource = sourceId === undefined ? '' : `${sourceId}/${newest}`;
  return `${viewerKey(region, account)}/${ofSource}`;
}
