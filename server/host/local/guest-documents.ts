/**
 * A guest's one document, told apart: what the hypervisor starts, and what the data plane serves.
 */
import type { GuestAttachment } from '../../data-plane/data-plane.ts';
import type { Home } from '../../foundations/home.ts';
import type { UnprivilegedIdentity } from '../../foundations/unprivileged.ts';
import type { MachineDisk, MachineSpec } from '../../hypervisor/hypervisor.ts';
import type { GuestDisk, GuestSpec } from '../host.ts';

export function machineSpec(
  spec: GuestSpec,
  home: Home,
  owner: UnprivilegedIdentity | undefined,
): MachineSpec {
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
    disks: spec.disks.filter(({ leaves }) => !leaves).map((disk) => machineDisk(disk, home)),
    network: { ...link, domain: vpc.domain, forwards: spec.ports },
  };
}

export function machineDisk(disk: GuestDisk, home: Home): MachineDisk {
  const { volumeId, slot, layers, base, sizeBytes, limits } = disk;
  return {
    volumeId,
    slot,
    layers: layers.map(({ number }) => ({ number, path: home.layerFile(volumeId, number) })),
    ...(base && { base: { exportName: base.root, sizeBytes: base.sizeBytes } }),
    sizeBytes,
    ...(limits && { limits }),
  };
}

export function guestAttachment(spec: GuestSpec): GuestAttachment {
  const { instanceId, machine, disks, link, vpc, metadata } = spec;
  const bases = disks.flatMap(({ readable }) => readable);
  const exports = new Map(bases.map((base) => [base.root, base]));
  const layout = machine.layout ?? 1;
  return { instanceId, layout, exports: [...exports.values()], link, vpc, metadata };
}
