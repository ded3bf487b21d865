/**
 * A new catalog for a test, in its own file: a copy of one that was made new once for the process,
 * because to make all tables takes longer than most tests. What making them is, is not tested so
 * (migrate.test.ts).
 */
import { rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { testFolder } from '../../files/test-folders.ts';
import type { Catalog } from '../catalog.ts';
import { openSqliteCatalog } from './sqlite-catalog.ts';

let empty: Promise<string> | undefined;

export async function newTestCatalog(file: string): Promise<Catalog> {
  empty ??= makeEmpty();
  await copyFile(await empty, file);
  return openSqliteCatalog(file);
}

async function makeEmpty(): Promise<string> {
  const folder = await testFolder('imago-empty-');
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'catalog');
  // Closed, it has no log beside it.
  await (await openSqliteCatalog(file)).close();
  return file;
}
