/** Where Imago keeps its files, and what room there is for them and for instances. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { memoryOf } from '../domain/capacity.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import type { Finding } from '../foundations/finding.ts';
import type { Home } from '../foundations/home.ts';
import { formatBytes, mibBytes } from '../foundations/sizes.ts';
import type { UnprivilegedIdentity } from '../foundations/unprivileged.ts';
import { checkPassage, HomeImpassableError } from '../home-passage.ts';
import type { DiskMeasures, HostMeasures } from '../host/host.ts';
import { measureHost } from '../host/local/measure-host.ts';
import { isThere, readRegionStores } from '../region-stores.ts';

/** Two of the smallest type. */
const leastMemoryMiB = 1024;
/** A Debian image and a few machines of it. */
const comfortableDiskBytes = 10 * 1024 ** 3;
/** Not even `micro` and its copies. */
const leastDiskBytes = 1024 ** 3;

/** As the last collection of garbage found it. */
export interface BlockUsage {
  blockBytes?: number;
  plainBaseBytes?: number;
  reclaimableBytes?: number;
}

/** As an Imago that runs counts it. */
export interface PromisedMemory {
  /** Machines are, and take none. */
  simulated: boolean;
  forInstancesMiB?: number;
  committedMiB: number;
  blockCacheMiB?: number;
}

/** Whether this process may do that with it. */
export function isUsable(file: string, mode = constants.X_OK): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/** `identities` are those that have to get to it: each is tried by a process of its own. */
export function checkHome(
  folder: string,
  identities: readonly UnprivilegedIdentity[] = [],
): Finding {
  const name = 'home';
  try {
    checkPassage(folder, identities);
  } catch (error) {
    if (!(error instanceof HomeImpassableError)) throw error;
    return { name, state: 'problem', detail: error.message, advice: error.advice };
  }
  if (isUsable(nearestFolder(folder), constants.W_OK | constants.X_OK)) {
    return {
      name,
      state: 'good',
      detail: existsSync(folder) ? folder : `${folder} (not made yet)`,
    };
  }
  return {
    name,
    state: 'problem',
    detail: `${folder} cannot be written`,
    advice: 'Name another with --home.',
  };
}

export function checkDisk(
  { freeDiskBytes: freeBytes }: DiskMeasures,
  folder: string,
  { blockBytes: blocks, reclaimableBytes: garbage = 0, plainBaseBytes: plain = 0 }: BlockUsage = {},
): Finding {
  const used = blocks === undefined ? '' : `; blocks take ${formatBytes(blocks)}`;
  const reclaimable = garbage > 0 ? `, ${formatBytes(garbage)} of it garbage` : '';
  const bases = plain > 0 ? `, plain bases ${formatBytes(plain)}` : '';
  const finding = {
    name: 'disk space',
    detail: `${formatBytes(freeBytes)} free for ${folder}${used}${reclaimable}${bases}`,
  };
  if (freeBytes >= comfortableDiskBytes) return { ...finding, state: 'good' };
  return {
    ...finding,
    state: freeBytes < leastDiskBytes ? 'problem' : 'warning',
    advice:
      'A full disk pauses guests. Make room (`imago gc` removes garbage), or name a home on another disk with --home.',
  };
}

/** Of regions that have a block store of their own. */
export async function checkStores(home: Home): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [region, store] of Object.entries(await readRegionStores(home, nodeFiles))) {
    const name = `blocks of ${region}`;
    if (await isThere(nodeFiles, store)) {
      const finding = checkDisk(await measureHost(store.folder), store.folder);
      findings.push({ ...finding, name });
      continue;
    }
    findings.push({
      name,
      state: 'problem',
      detail: `they are not in ${store.folder}`,
      advice: `Mount their disk, or say where they are: imago serve --region ${region}=FOLDER`,
    });
  }
  return findings;
}

/** Where an Imago runs, as it counts; otherwise as one that is started here would. */
export function checkMemory(host: HostMeasures, promised?: PromisedMemory): Finding {
  const name = 'memory';
  if (promised?.simulated) return { name, state: 'good', detail: 'simulated machines take none' };
  const { budgetMiB = 0 } = memoryOf(host, { simulated: false, memoryOvercommit: 1 });
  const { forInstancesMiB = budgetMiB, committedMiB = 0, blockCacheMiB } = promised ?? {};
  const cache = blockCacheMiB ? `, ${formatBytes(blockCacheMiB * mibBytes)} for blocks` : '';
  const [all, taken] = [forInstancesMiB, committedMiB].map((size) => formatBytes(size * mibBytes));
  const finding = {
    name,
    detail: `${all} for instances, ${taken} taken${cache}; ${host.vcpus} CPUs, shared by all`,
  };
  if (forInstancesMiB >= leastMemoryMiB) return { ...finding, state: 'good' };
  return {
    ...finding,
    state: 'warning',
    advice:
      'An instance is promised what its type has. To promise more: serve --memory-overcommit.',
  };
}

/** The folder itself, or the one that it would be made in. */
export function nearestFolder(folder: string): string {
  let nearest = folder;
  while (!existsSync(nearest)) nearest = path.dirname(nearest);
  return nearest;
}
