/** Which host rows are on. Rows of before hosts had ids are of the only host that there was. */
import type { Catalog } from '../catalog/catalog.ts';

export async function claimOldRows(catalog: Catalog, host: string): Promise<void> {
  const where = { host: '' };
  await catalog.write(async ({ instances, volumes, tasks }) => {
    for (const row of await instances.list({ where })) await instances.update({ ...row, host });
    for (const row of await volumes.list({ where })) await volumes.update({ ...row, host });
    for (const row of await tasks.list({ where })) await tasks.update({ ...row, host });
  });
}
