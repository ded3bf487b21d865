/**
 * For tests of hypervisors: a small home with machine folders, an NBD server for bases, and guests
 * that consist of a boot sector, so that a machine boots in a fraction of a second and does exactly
 * what a test needs.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Disk } from '../disk/disk.ts';
import { LayeredDisk } from '../disk/layered-disk.ts';
import { createLayer } from '../disk/qcow2-create.ts';
import { openLayer } from '../disk/qcow2-layer.ts';
import { socketsFolder } from '../foundations/home.ts';
import { unprivilegedIdentity } from '../foundations/unprivileged.ts';
import { createNbdServer, type NbdServer } from '../nbd/nbd-server.ts';
import type { Hypervisor, MachineDisk, MachineLayout, MachineSpec } from './hypervisor.ts';
import { makeMachineFolder } from './machine-folder.ts';

export const diskSizeBytes = 64 * 1024 * 1024;

/** Where the counting guest writes. */
const counterOffsetBytes = 8 * 512;

/** push dx; serial port <- 'B'; pop dx */
const printB = [0x52, 0xba, 0xf8, 0x03, 0xb0, 0x42, 0xee, 0x5a];
/** ACPI PM1a_CNT <- S5; hlt */
const powerOff = [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4];

export const guests = {
  /** Prints B, then powers off when its power button is pressed. */
  polite: [
    ...printB,
    ...[0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef], // PM1_EN <- power button
    ...[0xba, 0x00, 0x06, 0xfb], // dx = PM1_STS; sti
    ...[0xf4, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf9], // hlt; in ax, dx; test ah, 1; jz back
    ...powerOff,
  ],
  /**
   * Reads one sector after the other, 64 KiB apart, and writes how many it has read to sector 8.
   */
  counting: [
    ...[0x31, 0xc0, 0x8e, 0xd8], // ds = 0
    ...printB,
    ...[0x66, 0xff, 0x06, 0x00, 0x80], // loop: inc dword [0x8000]
    ...[0x66, 0x81, 0x06, 0x48, 0x7c, 0x80, 0x00, 0x00, 0x00], // sector += 128
    ...[0x66, 0x81, 0x26, 0x48, 0x7c, 0xff, 0xff, 0x01, 0x00], // within 64 MiB
    ...[0xbe, 0x40, 0x7c, 0xb4, 0x42, 0xcd, 0x13], // read by the packet at 0x7c40
    ...[0xbe, 0x50, 0x7c, 0xb8, 0x00, 0x43, 0xcd, 0x13], // write by the packet at 0x7c50
    ...[0xeb, 0xd8],
  ],
  /** Writes what kind of TPM it has to its serial port: 0x11 for a CRB, 0 for none. */
  measuring: [
    ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x0f, 0x01, 0x16, 0x60, 0x7c], // ds = 0; lgdt [0x7c60]
    ...[0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0], // into protected mode,
    ...[0xbb, 0x08, 0x00, 0x8e, 0xdb, 0x24, 0xfe, 0x0f, 0x22, 0xc0], // and back with 4 GiB in ds
    ...[0x67, 0x66, 0xa1, 0x30, 0x00, 0xd4, 0xfe], // mov eax, [0xfed40030]
    ...[0xba, 0xf8, 0x03, 0xee, 0xf4, 0xeb, 0xfd], // serial port <- al; hlt
  ],
  /** Fills its screen with white, and once a key was pressed with red. */
  painting: [
    ...[0xfa, 0xfc, 0xb8, 0x00, 0xb8, 0x8e, 0xc0], // cli; cld; es = text memory
    ...[0x31, 0xff, 0xb9, 0xd0, 0x07, 0xb8, 0xdb, 0x0f, 0xf3, 0xab], // 2000 white blocks
    ...[0xe4, 0x64, 0xa8, 0x01, 0x74, 0xfa], // until the keyboard has something
    ...[0x31, 0xff, 0xb9, 0xd0, 0x07, 0xb8, 0xdb, 0x04, 0xf3, 0xab], // 2000 red blocks
    ...[0xf4, 0xeb, 0xfd],
  ],
};

/** A whole disk that boots this guest. */
export function bootDisk(guest: number[]): Buffer {
  const disk = Buffer.alloc(diskSizeBytes);
  disk.set(guest);
  // Disk address packets of the counting guest: one sector to 0x9000 and one from 0x8000.
  disk.set([0x10, 0, 1, 0, 0x00, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0x40);
  disk.set([0x10, 0, 1, 0, 0x00, 0x80, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0], 0x50);
  // Segments of the measuring guest: none, and 4 GiB of data.
  disk.set([0x0f, 0x00, 0x68, 0x7c], 0x60);
  disk.set([0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0], 0x70);
  disk.writeUInt16LE(0xaa55, 510);
  return disk;
}

/** Reads from memory; `broken` makes every read fail. */
export class MemoryDisk implements Disk {
  readonly sizeBytes = diskSizeBytes;
  broken = false;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  async pread(offset: number, length: number): Promise<Buffer> {
    if (this.broken) throw new Error('broken on purpose');
    return this.#bytes.subarray(offset, offset + length);
  }
  async close(): Promise<void> {}
}

export class TestHome {
  readonly folder: string;
  /** Export name -> disk. */
  readonly exports = new Map<string, Disk>();
  readonly #servers = new Map<string, NbdServer>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<TestHome> {
    const folder = await mkdtemp(path.join(tmpdir(), 'im-'));
    // An unprivileged QEMU passes through it.
    await chmod(folder, 0o711);
    return new TestHome(folder);
  }

  machineFolder(instanceId: string): string {
    return path.join(this.folder, 'instances', instanceId);
  }

  layer(volumeId: string, number: number): { number: number; path: string } {
    return { number, path: path.join(this.folder, 'volumes', volumeId, `${number}.qcow2`) };
  }

  /** A machine with one volume: an empty layer over the guest's boot disk. */
  async machine(
    instanceId: string,
    guest: number[] = guests.polite,
    layout: MachineLayout = 3,
  ): Promise<MachineSpec> {
    const folder = this.machineFolder(instanceId);
    const owner = unprivilegedIdentity();
    await makeMachineFolder({ folder, layout, owner });
    const exportName = `${guest === guests.polite ? 'a' : 'c'}`.repeat(64);
    if (!this.exports.has(exportName)) {
      this.exports.set(exportName, new MemoryDisk(bootDisk(guest)));
    }
    await this.serve(folder, layout);
    return {
      instanceId,
      folder,
      vcpus: 1,
      cpuShare: 'full',
      memoryMiB: 64,
      machineType: 'simulated',
      cpuModel: 'simulated',
      accelerator: 'none',
      layout,
      sharedMemory: true,
      generationId: '9d0c9c4f-91f6-4a4c-9e26-6b1e7f1f9c55',
      owner,
      uuid: 'ec2abc12-3def-4567-89ab-cdef01234567',
      productName: 't3.nano',
      firmware: 'bios',
      disks: [await this.disk(`vol-${instanceId.slice(2)}`, exportName)],
      network: {
        mac: '02:00:00:00:00:01',
        privateIp: '172.31.0.15',
        subnetCidr: '172.31.0.0/20',
        gatewayIp: '172.31.0.1',
        dnsIp: '172.31.0.2',
        forwards: [],
      },
    };
  }

  /** The bytes of an export in a file in the machine's folder, for all to read. */
  async plainFile(instanceId: string, exportName: string): Promise<string> {
    const file = path.join(socketsFolder(this.machineFolder(instanceId), 3), `${exportName}.raw`);
    const disk = this.exports.get(exportName);
    if (!disk) throw new Error(`there is no export ${exportName}`);
    await writeFile(file, await disk.pread(0, disk.sizeBytes), { mode: 0o444 });
    return file;
  }

  async disk(volumeId: string, exportName?: string, slot = 0): Promise<MachineDisk> {
    const layer = this.layer(volumeId, 1);
    await mkdir(path.dirname(layer.path), { recursive: true });
    await createLayer(layer.path, diskSizeBytes);
    const base = exportName ? { exportName, sizeBytes: diskSizeBytes } : undefined;
    return { volumeId, slot, layers: [layer], base, sizeBytes: diskSizeBytes };
  }

  /** Serves `exports` on the machine's nbd.sock. */
  async serve(folder: string, layout: MachineLayout = 3): Promise<void> {
    await this.unserve(folder);
    const server = createNbdServer({ lookup: async (name) => this.exports.get(name) });
    await server.listen(path.join(socketsFolder(folder, layout), 'nbd.sock'));
    this.#servers.set(folder, server);
  }

  async unserve(folder: string): Promise<void> {
    await this.#servers.get(folder)?.close();
    this.#servers.delete(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of [...this.#servers.keys()]) await this.unserve(folder);
    await rm(this.folder, { recursive: true });
  }
}

/** The counting guest's counter as it is in a layer that nobody writes any more. */
export async function counterIn(layerPath: string): Promise<number> {
  const disk = new LayeredDisk([await openLayer(layerPath)]);
  try {
    return (await disk.pread(counterOffsetBytes, 4)).readUInt32LE();
  } finally {
    await disk.close();
  }
}

/** The machine as this hypervisor would pin it. */
export function pinned(spec: MachineSpec, hypervisor: Hypervisor): MachineSpec {
  const { machineType, cpuModel, accelerator, sharedMemory } = hypervisor.describe();
  return { ...spec, machineType, cpuModel, accelerator, sharedMemory };
}

/** Waits until `look` gives something; the limit only ends a test that would fail anyway. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`it did not happen within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
