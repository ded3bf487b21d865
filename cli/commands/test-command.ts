/**
 * For tests of commands that work on a home themselves: an empty one, and what a command prints.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newTestCatalog } from '../../server/catalog/sqlite/test-new-catalog.ts';
import { Home } from '../../server/foundations/home.ts';
import { type RunningServer, serve } from '../../server/main.ts';
import type { CommandContext } from '../context.ts';
import { Output } from '../output.ts';
import { Progress } from '../progress.ts';

/** With a catalog that has no rows. */
export async function newHome(): Promise<Home> {
  const home = new Home(mkdtempSync(path.join(tmpdir(), 'im-command-')));
  await (await newTestCatalog(home.catalogFile)).close();
  return home;
}

/** An Imago of that home, of one region, whose machines run nothing. */
export function serveSimulated(home: Home): Promise<RunningServer> {
  return serve({
    home,
    listen: { host: '127.0.0.1', port: 0 },
    hypervisor: 'simulated',
    regions: ['us-east-1'],
    zones: 1,
    memoryOvercommit: 1,
  });
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
