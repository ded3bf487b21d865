/**
 * Finds UEFI firmware by the descriptors that distributions install for it (QEMU's
 * docs/interop/firmware.json): where the files lie differs, the descriptors' folder does not.
 * There are two: one that starts everything, and one with secure boot, for machines whose variables
 * have a platform key, as on EC2.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isForSecureBoot, type UefiVariable } from '../../foundations/uefi-data.ts';
import type { MachineSpec } from '../hypervisor.ts';
import { readVariableStore } from './variable-store.ts';

const secureFeatures = ['secure-boot', 'requires-smm', 'enrolled-keys'];

const descriptorFolders = ['/etc/qemu/firmware', '/usr/share/qemu/firmware'];

export interface UefiFiles {
  codeFile: string;
  /** Variables to begin with, copied for each machine: none, or the keys of secure boot. */
  variablesFile: string;
  isSecure: boolean;
}

/** What is installed of the two. */
export interface InstalledUefi {
  plain?: UefiFiles;
  secure?: UefiFiles;
}

interface Descriptor {
  'interface-types': string[];
  mapping: {
    device: string;
    executable: { filename: string; format: string };
    'nvram-template': { filename: string; format: string };
  };
  targets: { architecture: string; machines: string[] }[];
  features: string[];
}

/** Of each the first by file name that suits, as the specification orders them. */
export async function findUefi(): Promise<InstalledUefi> {
  const files = (await Promise.all(descriptorFolders.map(descriptorsIn))).flat();
  const found: InstalledUefi = {};
  for (const file of files.sort((a, b) => path.basename(a).localeCompare(path.basename(b)))) {
    const files = await readDescriptor(file);
    if (files?.isSecure) found.secure ??= files;
    else if (files) found.plain ??= files;
  }
  return found;
}

/** What a machine starts with; undefined: a BIOS. */
export function firmwareOf(
  { firmware, uefiData }: Pick<MachineSpec, 'firmware' | 'uefiData'>,
  { plain, secure }: InstalledUefi,
): UefiFiles | undefined {
  if (firmware !== 'uefi') return undefined;
  const files = isForSecureBoot(uefiData) ? secure : plain;
  if (files) return files;
  throw new Error('no UEFI firmware for QEMU is installed that suits (package ovmf)');
}

/** Those that the firmware with secure boot comes with: Microsoft's. */
export async function secureBootKeys({ secure }: InstalledUefi): Promise<UefiVariable[]> {
  if (!secure) return [];
  return readVariableStore(await readFile(secure.variablesFile)) ?? [];
}

async function descriptorsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => path.join(folder, name));
}

async function readDescriptor(file: string): Promise<UefiFiles | undefined> {
  try {
    const { mapping, targets, features, ...rest } = JSON.parse(
      await readFile(file, 'utf8'),
    ) as Descriptor;
    const isSecure = secureFeatures.every((feature) => features.includes(feature));
    const suits =
      rest['interface-types'].includes('uefi') &&
      mapping.device === 'flash' &&
      [mapping.executable.format, mapping['nvram-template'].format].every((f) => f === 'raw') &&
      (isSecure || !features.some((feature) => secureFeatures.includes(feature))) &&
      targets.some(
        ({ architecture, machines }) =>
          architecture === 'x86_64' && machines.some((machine) => machine.startsWith('pc-q35')),
      );
    if (!suits) return undefined;
    return {
      codeFile: mapping.executable.filename,
      variablesFile: mapping['nvram-template'].filename,
      isSecure,
    };
  } catch {
    // A descriptor that is broken is as good as none.
    return undefined;
  }
}
