/** New layers on volumes at one point in time: in the machine that has them, or beside it. */
import type { Home } from '../../foundations/home.ts';
import type { Hypervisor } from '../../hypervisor/hypervisor.ts';
import type { Cut, GuestKeys, GuestStatus, PivotRequest, PivotResult } from '../host.ts';
import type { LayerFiles } from './layer-files.ts';

export interface CutParts {
  home: Home;
  hypervisor: Hypervisor;
  layers: LayerFiles;
  keys: GuestKeys;
}

/** `status` is that of the machine, which is known to be no other. */
export async function cutVolumes(
  { home, hypervisor, layers, keys }: CutParts,
  { instanceId, cuts }: PivotRequest,
  status: GuestStatus,
): Promise<PivotResult> {
  const plugged = status === 'absent' ? new Set() : await pluggedIn(hypervisor, instanceId);
  // Nobody writes to these: they are as they will be when the others are cut.
  for (const cut of cuts) if (!plugged.has(cut.volumeId)) await cutAtRest(cut, layers, keys);
  const requests = await Promise.all(
    cuts
      .filter(({ volumeId }) => plugged.has(volumeId))
      .map(async ({ volumeId, layer, sizeBytes, encryption }) => ({
        volumeId,
        layer: { number: layer, path: home.layerFile(volumeId, layer) },
        sizeBytes,
        ...(encryption && { secret: await keys.layers(encryption, volumeId) }),
      })),
  );
  if (instanceId === undefined || requests.length === 0) {
    return { status, frozen: false, pauseMs: 0 };
  }
  const freeze = status === 'running';
  const { cut: _, ...result } = await hypervisor.pivot(instanceId, requests, { freeze });
  return { status, ...result };
}

async function cutAtRest(cut: Cut, files: LayerFiles, keys: GuestKeys): Promise<void> {
  const { volumeId, layer, fresh = [], sizeBytes, encryption } = cut;
  const numbers = [...fresh, layer];
  const layers = numbers.map((number) => ({ number, fresh: true }));
  const secret = encryption && (await keys.layers(encryption, volumeId));
  await files.make({ volumeId, layers, sizeBytes }, secret);
  await files.sync(volumeId, numbers);
}

/** Volumes whose bytes its machine has. */
async function pluggedIn(hypervisor: Hypervisor, instanceId = ''): Promise<Set<string>> {
  const disks = await hypervisor.disksOf(instanceId);
  return new Set(disks.filter(({ taken }) => !taken).map(({ volumeId }) => volumeId));
}
