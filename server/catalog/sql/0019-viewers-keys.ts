/**
 * Images are found by name for each who sees them, images and snapshots by owner and state as well:
 * an index on the names of all accounts is of no use to one of them.
 */
import type { MigrationSteps } from './migration-steps.ts';

export async function viewersKeys({ queries, run }: MigrationSteps): Promise<void> {
  await run(queries.schema.dropIndex('images_name').compile());
}
