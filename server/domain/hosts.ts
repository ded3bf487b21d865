/** Which host rows are on. Rows of before hosts had ids are of the only host that there was. */
import type { Catalog } from '../catalog/catalog.ts';

/** To find them all tables are gone through: so the host's lease says that it was done. */
export async function claimOldRows(catalog: Catalog, host: string): Promise<void> {
  const where = { host: '' };
  await catalog.write(async ({ instances, leases, tasks, volumes }) => {
    const lease = await leases.get(host);
    if (!lease) throw new Error(`${host} has no lease`);
    if (lease.oldRowsClaimed) return;
    for (const row of await instances.list({ where })) await instances.update({ ...row, host });
    for (const row of await volumes.list({ where })) await volumes.update({ ...row, host });
    for (const row of await tasks.list({ where })) await tasks.update({ ...row, host });
    await leases.update({ ...lease, oldRowsClaimed: true });
  });
}
