/**
 * Snapshots are shared for themselves: those of the provider's images, which all may launch, with
 * all, as new ones are.
 */
import type { MigrationSteps } from './migration-steps.ts';

interface Snapshot {
  ownerAlias?: string;
  createVolumePermissions?: string[];
}

export async function publicSnapshots({ queries, run, rows }: MigrationSteps): Promise<void> {
  for await (const { id, doc } of rows('snapshots')) {
    const snapshot = JSON.parse(doc) as Snapshot;
    if (snapshot.ownerAlias !== 'amazon') continue;
    const changed: Snapshot = { ...snapshot, createVolumePermissions: ['all'] };
    const set = queries.updateTable('snapshots').set({ doc: JSON.stringify(changed) });
    await run(set.where('id', '=', id).compile());
  }
}
