/** What an image or a snapshot remembers as a backup. One that nobody ordered as such has nothing. */

import { type OwnedRow, viewerKey } from './row.ts';

/** Of what it is a backup, and who ordered it. A copy of a backup has that of the first. */
export interface BackupOrigin {
  /** The instance, or the volume. */
  sourceId: string;
  /** Of a snapshot that was taken together with those of the machine's other volumes: the machine. */
  instanceId?: string;
  /**
   * Of those, where the boot disk was taken, too: its snapshot, which has the machine (`set`). A
   * copy has that of the first.
   */
  setId?: string;
  /** The policy, or the plan; absent: it was ordered by hand. */
  policyId?: string;
  /** Which schedule of it. */
  schedule?: string;
  /** Others of the policy, whose time it was, too. */
  alsoFor?: string[];
  /** The backup job, or copy job. */
  jobId?: string;
  /**
   * Of a copy that a copy job or a person made: when its original was taken. Others are as old as
   * their row.
   */
  takenAt?: string;
  /** The time of the schedule that it is for: it was made then, or later. */
  dueAt?: string;
  /** When it was whole and its policy did with it what is done once: copied it, shared it. */
  settledAt?: string;
  unsharedAt?: string;
  /** Its rule shares it, which was refused: it is tried again. */
  isNotShared?: true;
  /** Its rule asks for fast restores that it could not be given: it is tried again. */
  isNotFast?: true;
  /** Of a policy's copy: how many of the same failed before it. */
  copyTries?: number;
}

/** What came out when it was last booted and looked into. */
export interface DrillResult {
  drillId: string;
  endedAt: string;
  verdict: 'passed' | 'failed';
}

/** Of what it is a backup, whoever made it. An image that people made remembers its machine. */
export function sourceIdOf({
  backup,
  machine,
}: {
  backup?: BackupOrigin;
  machine?: { instanceId: string };
}): string | undefined {
  return backup?.sourceId ?? machine?.instanceId;
}

/** Those of a policy, source by source. */
export function policyOfBackup({ backup }: { backup?: BackupOrigin }): string[] {
  return backup?.policyId ? [`${backup.policyId}/${backup.sourceId}`] : [];
}

/** Those that were taken together, in each region. */
export function setOfBackup({
  account,
  region,
  backup,
}: OwnedRow & { backup?: BackupOrigin }): string[] {
  return backup?.setId === undefined ? [] : [setKey({ account, region }, backup.setId)];
}

export function setKey({ account, region }: Pick<OwnedRow, 'account' | 'region'>, setId: string) {
  return `${viewerKey(region, account)}/${setId}`;
}

/**
 * Before the places of what is besides a backup of something else: an image of the volumes that it
 * has, the snapshot of a boot disk of the machine that it was taken with.
 */
export const besides = 'volume ';

/**
 * Where it is among the backups of its owner: source by source, and of each the newest first.
 */
export function backupPlaces(
  row: OwnedRow & {
    backup?: BackupOrigin;
    machine?: { instanceId: string; volumes: readonly { deviceName: string; volumeId: string }[] };
    set?: { machine: { instanceId: string } };
    blockDeviceMappings?: readonly { deviceName: string; ebs: { snapshotId?: string } }[];
  },
): string[] {
  const { backup, machine, set, blockDeviceMappings = [] } = row;
  const at = new Date(backup?.takenAt ?? row.createdAt);
  const sourceId = sourceIdOf(row);
  const kept = blockDeviceMappings.filter(({ ebs }) => ebs.snapshotId !== undefined);
  const volumes = machine?.volumes.filter(({ deviceName }) =>
    kept.some((mapping) => mapping.deviceName === deviceName),
  );
  const others = (volumes ?? []).map(({ volumeId }) => volumeId);
  if (set) others.push(set.machine.instanceId);
  return [
    ...(sourceId === undefined ? [] : [placeAt(row, sourceId, at)]),
    ...others.map((each) => besides + placeAt(row, each, at)),
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
