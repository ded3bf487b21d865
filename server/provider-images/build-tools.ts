/**
 * The programs that an image build needs, where they are, and which Debian packages bring them.
 * Looked up by absolute path: an ordinary user's PATH has no sbin, and a build must not pick up a
 * program from somewhere else.
 */
import { access, constants } from 'node:fs/promises';
import path from 'node:path';

const toolFolders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Tool name -> package that has it, on Debian and Ubuntu. */
const packageOfTool = {
  'apt-get': 'apt',
  'apt-cache': 'apt',
  'apt-config': 'apt',
  'dpkg-deb': 'dpkg',
  tar: 'tar',
  rm: 'coreutils',
  cp: 'coreutils',
  chown: 'coreutils',
  fakeroot: 'fakeroot',
  sfdisk: 'fdisk',
  mke2fs: 'e2fsprogs',
  mformat: 'mtools',
  mmd: 'mtools',
  mcopy: 'mtools',
  'grub-mkimage': 'grub-common',
  'qemu-img': 'qemu-utils',
  mmdebstrap: 'mmdebstrap',
} as const;

export type ToolName = keyof typeof packageOfTool;

/** Files that are no programs, by package. */
const packageOfFile: Record<string, string> = {
  '/usr/lib/grub/i386-pc/boot.img': 'grub-pc-bin',
  '/usr/lib/grub/x86_64-efi/moddep.lst': 'grub-efi-amd64-bin',
};

/** Of every Debian and Ubuntu system: nothing to install. */
const onEverySystem: readonly string[] = ['apt', 'coreutils', 'dpkg', 'tar'];

/**
 * All that the builds may ask for: what an installer puts on a Debian or Ubuntu machine. uidmap
 * lets mmdebstrap run without root.
 */
export const requiredPackages: readonly string[] = [
  ...new Set([...Object.values(packageOfTool), ...Object.values(packageOfFile), 'uidmap']),
]
  .filter((name) => !onEverySystem.includes(name))
  .sort();

export type Tools = Readonly<Record<ToolName, string>>;

/** Packages that have to be installed before images can be built here; empty when all is there. */
export async function missingPackages(): Promise<string[]> {
  const { missing } = await lookUpTools();
  return missing;
}

/**
 * This machine cannot build images until its operator has done what the message says: trying again
 * is no use.
 */
export class BuildImpossible extends Error {
  override name = 'BuildImpossible';
}

/** Absolute paths of all tools; one error that names every package that is missing. */
export async function findTools(): Promise<Tools> {
  const { tools, missing } = await lookUpTools();
  if (missing.length === 0) return tools as Tools;
  throw new BuildImpossible(
    missing.includes('apt')
      ? 'images are built from Debian packages with apt, which this machine does not have: build them on a Debian or Ubuntu machine'
      : `programs to build images with are missing; install them with: apt-get install ${missing.join(' ')}`,
  );
}

async function lookUpTools(): Promise<{ tools: Partial<Tools>; missing: string[] }> {
  const tools: Partial<Record<ToolName, string>> = {};
  const missing = new Set<string>();
  for (const [name, packageName] of Object.entries(packageOfTool) as [ToolName, string][]) {
    const found = await firstThere(
      toolFolders.map((folder) => path.join(folder, name)),
      constants.X_OK,
    );
    if (found) tools[name] = found;
    else missing.add(packageName);
  }
  for (const [file, packageName] of Object.entries(packageOfFile)) {
    if (!(await firstThere([file], constants.R_OK))) missing.add(packageName);
  }
  return { tools, missing: [...missing].sort() };
}

async function firstThere(candidates: string[], mode: number): Promise<string | undefined> {
  for (const candidate of candidates) {
    const there = await access(candidate, mode).then(
      () => true,
      () => false,
    );
    if (there) return candidate;
  }
  return undefined;
}
