/**
 * Snapshots that a policy shares for two days, for the story of policies (test-policy-story.ts): none
 * stays shared for longer, and none is shared late.
 */
import assert from 'node:assert/strict';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { Seen } from './test-why-kept.ts';

const dayMs = 24 * 60 * 60_000;
const sharedMs = 2 * dayMs;
const friend = '222222222222';

/** Of the schedule `Daily`. */
export const shareRules = [
  { TargetAccounts: [friend], UnshareInterval: 2, UnshareIntervalUnit: 'DAYS' },
];

export class SharedForATime {
  /** Since when it is otherwise than the rule says. */
  #wrongSince = new Map<string, number>();

  /** Somebody sets the clock. */
  reset(): void {
    this.#wrongSince = new Map();
  }

  check(
    seen: readonly Seen[],
    policies: ReadonlyMap<string, BackupPolicyRow>,
    { nowMs, lateMs }: { nowMs: number; lateMs: number },
  ): void {
    const wrong = new Map<string, number>();
    for (const { row, generation } of seen) {
      const policy = policies.get(row.backup?.policyId ?? '');
      const isDaily = generation.schedules.includes('Daily');
      if (policy?.state !== 'ENABLED' || row.region !== policy.region) continue;
      const hasRule = policy.schedules.some(({ name, shares }) => name === 'Daily' && shares[0]);
      if (!hasRule || !isDaily || !generation.isWhole || !('volumeId' in row)) continue;
      if (isAsSaid(row, nowMs)) continue;
      const since = this.#wrongSince.get(row.id) ?? nowMs;
      assert.ok(nowMs - since < lateMs, `${row.id} is not shared as the rule says`);
      wrong.set(row.id, since);
    }
    this.#wrongSince = wrong;
  }
}

function isAsSaid(row: SnapshotRow, nowMs: number): boolean {
  const isShared = row.createVolumePermissions?.includes(friend) ?? false;
  if (nowMs - Date.parse(row.createdAt) >= sharedMs) return !isShared;
  // The clock was ahead when it ended.
  return isShared || row.backup?.unsharedAt !== undefined;
}
