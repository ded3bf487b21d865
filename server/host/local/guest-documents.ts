/**
 * A guest's one document, told apart: what the hypervisor starts, and what the data plane serves.
 */
import type { GuestAttachment } from '../../data-plane/data-plane.ts';
import type { Home } from '../../foundations/home.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import type { MachineDisk, MachineDiskBase, MachineSpec } from '../../hypervisor/hypervisor.ts';
import type { GuestDisk, GuestSpec, LayerBase } from '../host.ts';
import { type GuestSecrets, secretOf } from './guest-secrets.ts';
import type { PlainPaths } from './plain-bases.ts';

interface MachinePlace extends DiskPlace {
  owner: UnprivilegedIdentity | undefined;
}

export interface DiskPlace {
  home: Home;
  secrets: Pick<GuestSecrets, 'layers'>;
  plain: PlainPaths;
}

export function machineSpec(spec: GuestSpec, place: MachinePlace): MachineSpec {
  const { home, owner } = place;
  const { instanceId, machine, link, vpc } = spec;
  return {
    instanceId,
    folder: home.machineFolder(instanceId),
    vcpus: spec.vcpus,
    threadsPerCore: spec.threadsPerCore,
    cpuShare: spec.cpuShare,
    memoryMiB: spec.memoryMiB,
    machineType: machine.machineType,
    cpuModel: machine.cpuModel,
    accelerator: machine.accelerator,
    uuid: machine.uuid,
    layout: machine.layout ?? 1,
    sharedMemory: machine.sharedMemory,
    generationId: machine.generationId,
    owner,
    productName: spec.productName,
    firmware: spec.firmware,
    uefiData: spec.uefiData,
    tpm: spec.tpm,
    disks: spec.disks.filter(({ leaves }) => !leaves).map((disk) => machineDisk(disk, place)),
    network: { ...link, domain: vpc.domain, forwards: spec.ports },
  };
}

export function machineDisk(disk: GuestDisk, { home, secrets, plain }: DiskPlace): MachineDisk {
  const { volumeId, slot, layers, base, sizeBytes, limits } = disk;
  const secret = secretOf(disk, secrets);
  return {
    volumeId,
    slot,
    layers: layers.map(({ number }) => ({ number, path: home.layerFile(volumeId, number) })),
    ...(base && { base: machineBase(base, plain) }),
    sizeBytes,
    ...(limits && { limits }),
    ...(secret !== undefined && { secret }),
  };
}

export function machineBase(
  { root, sizeBytes, encryption }: LayerBase,
  plain: PlainPaths,
): MachineDiskBase {
  const file = encryption ? undefined : plain.get(root);
  return { exportName: root, sizeBytes, ...(file !== undefined && { file }) };
}

export function guestAttachment(
  spec: GuestSpec,
  { sealKeyIds }: Pick<GuestSecrets, 'sealKeyIds'>,
): GuestAttachment {
  const { instanceId, machine, disks, link, vpc, metadata } = spec;
  const bases = disks.flatMap(({ readable }) => readable);
  const exports = new Map(
    bases.map(({ root, sizeBytes }) => {
      const sealKeyId = sealKeyIds.get(root);
      return [root, { root, sizeBytes, ...(sealKeyId !== undefined && { sealKeyId }) }];
    }),
  );
  const layout = machine.layout ?? 1;
  return { instanceId, layout, exports: [...exports.values()], link, vpc, metadata };
}
