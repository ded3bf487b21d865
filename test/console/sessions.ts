/** Sessions of a home whose time is over, without anybody waiting for it. */
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { Home } from '../../server/foundations/home.ts';

/** Of an Imago that does not run at the moment: all end, links of a minute among them. */
export async function expireSessions(folder: string): Promise<void> {
  const catalog = await openSqliteCatalog(new Home(folder).catalogFile);
  await catalog.write(async ({ sessions }) => {
    for (const row of await sessions.list()) {
      await sessions.update({ ...row, expiresAt: row.createdAt });
    }
  });
  await catalog.close();
}
