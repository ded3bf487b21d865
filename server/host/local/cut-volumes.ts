/** Which volumes a machine has, and a new layer on one that none has. */
import type { Hypervisor } from '../../hypervisor/hypervisor.ts';
import type { Cut, GuestKeys } from '../host.ts';
import type { LayerFiles } from './layer-files.ts';

export async function cutAtRest(cut: Cut, files: LayerFiles, keys: GuestKeys): Promise<void> {
  const { volumeId, layer, fresh = [], sizeBytes, encryption } = cut;
  const numbers = [...fresh, layer];
  const layers = numbers.map((number) => ({ number, fresh: true }));
  const secret = encryption && (await keys.layers(encryption, volumeId));
  await files.make({ volumeId, layers, sizeBytes }, secret);
  await files.sync(volumeId, numbers);
}

/** Volumes whose bytes its machine has. */
export async function pluggedIn(hypervisor: Hypervisor, instanceId = ''): Promise<Set<string>> {
  const disks = await hypervisor.disksOf(instanceId);
  return new Set(disks.filter(({ taken }) => !taken).map(({ volumeId }) => volumeId));
}
