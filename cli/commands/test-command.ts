/**
 * For tests of commands that work on a home themselves: an empty one, and what a command prints.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { Home } from '../../server/foundations/home.ts';
import type { CommandContext } from '../context.ts';
import { Output } from '../output.ts';
import { Progress } from '../progress.ts';

/** With a catalog that has no rows. */
export async function newHome(): Promise<Home> {
  const home = new Home(mkdtempSync(path.join(tmpdir(), 'im-command-')));
  await (await openSqliteCatalog(home.catalogFile)).close();
  return home;
}

export function commandContext(
  home: Home,
  json = false,
): { context: CommandContext; printed: () => string } {
  let text = '';
  const stream = {
    write: (part: string) => {
      text += part;
    },
  };
  const output = new Output(stream, { json });
  const progress = new Progress({ write() {} }, output);
  return { context: { home, output, progress, environment: {} }, printed: () => text };
}
