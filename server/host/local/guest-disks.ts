/**
 * The disks of a machine that runs, made those of its guest's document: whatever is missing is
 * plugged, made larger, limited, asked for. It may be run at any time and again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Home } from '../../foundations/home.ts';
import type { Log } from '../../foundations/log.ts';
import {
  type DiskLimits,
  type Hypervisor,
  NoPlaceError,
  type PluggedDisk,
} from '../../hypervisor/hypervisor.ts';
import type { Applied, GuestDisk, GuestSpec } from '../host.ts';
import { type DiskPlace, machineDisk } from './guest-documents.ts';
import { secretOf } from './guest-secrets.ts';
import type { LayerFiles } from './layer-files.ts';

export interface GuestDisksServices {
  home: Home;
  hypervisor: Hypervisor;
  layers: LayerFiles;
  log: Log;
}

export async function applyDisks(
  services: GuestDisksServices,
  { instanceId, disks }: Pick<GuestSpec, 'instanceId' | 'disks'>,
  opened: Pick<DiskPlace, 'secrets' | 'plain'>,
): Promise<Pick<Applied, 'leaving' | 'waiting'>> {
  const { hypervisor } = services;
  const result = { leaving: [] as string[], waiting: [] as string[] };
  // First: their slots may be another's.
  for (const { volumeId, leaves } of disks) {
    if (leaves === 'pulled') await hypervisor.takeAway(instanceId, volumeId);
    else if (leaves && !(await hypervisor.unplug(instanceId, volumeId))) {
      result.leaving.push(volumeId);
    }
  }
  const plugged = new Map(
    (await hypervisor.disksOf(instanceId)).map((disk) => [disk.volumeId, disk]),
  );
  for (const disk of disks) {
    if (disk.leaves) continue;
    const is = plugged.get(disk.volumeId);
    if (is && !is.taken) await settle(services, instanceId, disk, is);
    else if (!(await plug(services, instanceId, disk, opened))) result.waiting.push(disk.volumeId);
  }
  return result;
}

async function settle(
  { hypervisor }: GuestDisksServices,
  instanceId: string,
  { volumeId, sizeBytes, limits = {} }: GuestDisk,
  is: PluggedDisk,
): Promise<void> {
  if (is.sizeBytes < sizeBytes) await hypervisor.resize(instanceId, volumeId, sizeBytes);
  if (isDeepStrictEqual(figures(limits), figures(is.limits))) return;
  await hypervisor.limit(instanceId, volumeId, limits);
}

/** No limit is one of 0. */
function figures({ iops = 0, bytesPerSecond = 0 }: DiskLimits): number[] {
  return [iops, bytesPerSecond];
}

/** Whether there was a place for it. */
async function plug(
  { home, hypervisor, layers, log }: GuestDisksServices,
  instanceId: string,
  disk: GuestDisk,
  opened: Pick<DiskPlace, 'secrets' | 'plain'>,
): Promise<boolean> {
  const { volumeId } = disk;
  await layers.make(disk, secretOf(disk, opened.secrets));
  try {
    await hypervisor.plug(instanceId, machineDisk(disk, { home, ...opened }));
    return true;
  } catch (error) {
    if (!(error instanceof NoPlaceError)) throw error;
    log.warn('a volume waits for a place in its machine', { instanceId, volumeId, error });
    return false;
  }
}
