/**
 * Finds UEFI firmware by the descriptors that distributions install for it (QEMU's
 * docs/interop/firmware.json): where the files lie differs, the descriptors' folder does not.
 * Firmware with secure boot is left out: it would refuse images that are not signed.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const descriptorFolders = ['/etc/qemu/firmware', '/usr/share/qemu/firmware'];

export interface UefiFiles {
  codeFile: string;
  /** Empty variables, copied for each machine. */
  variablesFile: string;
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

/**
 * The first by file name that suits, as the specification orders them; undefined when none is
 * installed.
 */
export async function findUefi(): Promise<UefiFiles | undefined> {
  const files = (await Promise.all(descriptorFolders.map(descriptorsIn))).flat();
  for (const file of files.sort((a, b) => path.basename(a).localeCompare(path.basename(b)))) {
    const files = await readDescriptor(file);
    if (files) return files;
  }
  return undefined;
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
    const suits =
      rest['interface-types'].includes('uefi') &&
      mapping.device === 'flash' &&
      [mapping.executable.format, mapping['nvram-template'].format].every((f) => f === 'raw') &&
      !features.some((feature) => /secure-boot|requires-smm|enrolled-keys/.test(feature)) &&
      targets.some(
        ({ architecture, machines }) =>
          architecture === 'x86_64' && machines.some((machine) => machine.startsWith('pc-q35')),
      );
    if (!suits) return undefined;
    return {
      codeFile: mapping.executable.filename,
      variablesFile: mapping['nvram-template'].filename,
    };
  } catch {
    // A descriptor that is broken is as good as none.
    return undefined;
  }
}
