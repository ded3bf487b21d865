/**
 * What is kept of a drill that did not pass: what its screen showed, and the end of what its
 * console said. In a folder of the home, the newest ones; it is told, not recorded: what a power
 * cut takes of it is missing, and nothing else.
 */
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DrillInput } from '../../domain/drills/drills.ts';
import { drillConsoleFile, drillScreenFile } from '../../foundations/home.ts';
import { MachineAbsentError, NoScreenError } from '../../hypervisor/hypervisor.ts';
import type { StepContext } from '../task.ts';
import type { Machine } from './drill-machine.ts';

const consoleMaxBytes = 256 * 1024;
const drillsKept = 200;

export async function keepEvidence(
  { input, services }: StepContext<DrillInput, object>,
  { instanceId }: Machine,
): Promise<void> {
  const { host, home, log } = services;
  const folder = home.drillFolder(input.drillId);
  const missing = (error: unknown) => {
    const isOrdinary = error instanceof NoScreenError || error instanceof MachineAbsentError;
    if (!isOrdinary) log.warn('a part of a drill’s evidence is missing', { folder, error });
    return undefined;
  };
  const [screen, said] = await Promise.all([
    host.screenshot(instanceId, { wakeUp: false }).catch(missing),
    host.consoleOutput(instanceId, consoleMaxBytes).catch(missing),
  ]);
  try {
    await removeOldest(home.drillsFolder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (screen) await writeFile(path.join(folder, drillScreenFile), screen, { mode: 0o600 });
    if (said?.length) await writeFile(path.join(folder, drillConsoleFile), said, { mode: 0o600 });
  } catch (error) {
    // A full disk says nothing against the verdict.
    missing(error);
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length < drillsKept) return;
  const found = await Promise.all(
    names.map(async (name) => {
      const each = path.join(folder, name);
      const { mtimeMs } = await stat(each).catch(() => ({ mtimeMs: 0 }));
      return { each, mtimeMs };
    }),
  );
  found.sort((a, b) => b.mtimeMs - a.mtimeMs);
  for (const { each } of found.slice(drillsKept - 1)) await rm(each, { recursive: true });
}
