/** Before a machine starts: what it writes is made where it is missing, and becomes its user's. */
import { lchown } from 'node:fs/promises';
import type { MachineSpec } from '../hypervisor.ts';
import { firmwareOf } from './firmware.ts';
import type { CreateLayer } from './layers.ts';
import { makeUefiVariables } from './uefi-variables.ts';

export async function handOver(
  spec: MachineSpec,
  { createLayer, firmwareFolder }: { createLayer: CreateLayer; firmwareFolder: string },
  uefi: Parameters<typeof firmwareOf>[1],
): Promise<void> {
  const { owner } = spec;
  const template = firmwareOf(spec, uefi)?.variablesFile;
  if (template) await makeUefiVariables(spec, { template, firmwareFolder, createLayer });
  if (!owner) return;
  const layers = spec.disks.flatMap((disk) => disk.layers.map((layer) => layer.path));
  await Promise.all(layers.map((file) => lchown(file, owner.uid, owner.gid)));
}
