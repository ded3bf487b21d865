/**
 * A bootable whole disk made from a folder, without root, loop devices or mounts. The layout is
 * that of Debian's cloud images:
 *
 *   LBA 0        protective MBR with GRUB's boot.img
 *       2048     partition 14: BIOS boot, GRUB's core.img (3 MiB)
 *       8192     partition 15: ESP, FAT, BOOTX64.EFI
 *       139264   partition 1: root, ext4 labelled `root`
 *
 * Both boot loaders read /boot/grub/grub.cfg from partition 1 of the disk they came from.
 * Everything in the root belongs to root, or to whom the fakeroot state says. It knows nothing of
 * what is in the folder.
 */
import { open, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Tools } from './build-tools.ts';
import { runCommand } from './run-command.ts';
import { settleTimes } from './settle-times.ts';

export interface WholeDiskRequest {
  tools: Tools;
  /** Raw file to make; one that is there is replaced. */
  diskPath: string;
  sizeBytes: number;
  /** What becomes the root file system. */
  rootFolder: string;
  /**
   * State file of the fakeroot session that made the folder: owners and device nodes. Without it
   * root owns everything.
   */
  fakerootState?: string;
  /** For files of our own that are put into the disk on the way. */
  workFolder: string;
  /** The same ids make the same disk from the same folder: unchanged blocks are stored once. */
  identity: DiskIdentity;
  signal?: AbortSignal;
}

export interface DiskIdentity {
  diskGuid: string;
  rootPartitionGuid: string;
  fileSystemUuid: string;
}

const sectorBytes = 512;
const coreStartSector = 2048;
const coreSectors = 6144;
const espStartSector = 8192;
/** 64 MiB. */
const espSectors = 131_072;
export const rootStartSector = 139_264;
/** The secondary GPT (33 sectors) lies behind the last partition, which ends on a MiB. */
const tailSectors = 2048;

/** 2025-01-01: the one time stamp in everything that a build writes itself. */
export const buildTimeSeconds = 1_735_689_600;

const grubModules = ['part_gpt', 'ext2', 'configfile', 'linux', 'normal', 'serial', 'terminal'];
const extraGrubModules = ['test', 'echo', 'boot', 'search', 'search_label', 'halt', 'reboot'];

export async function makeWholeDisk(request: WholeDiskRequest): Promise<void> {
  await rm(request.diskPath, { force: true });
  await writeFile(request.diskPath, '');
  await truncate(request.diskPath, request.sizeBytes);
  await partition(request);
  await makeRootFileSystem(request);
  await settleTimes(request.diskPath, rootStartSector * sectorBytes, buildTimeSeconds);
  await embedBiosLoader(request);
  await makeEfiPartition(request);
}

/** sfdisk's script of the layout. */
export function partitionScript(sizeBytes: number, identity: DiskIdentity): string {
  const rootSectors = sizeBytes / sectorBytes - rootStartSector - tailSectors;
  return `${[
    'label: gpt',
    `label-id: ${identity.diskGuid}`,
    'first-lba: 34',
    'unit: sectors',
    `1 : start=${rootStartSector}, size=${rootSectors}, uuid=${identity.rootPartitionGuid}, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709`,
    `14 : start=${coreStartSector}, size=${coreSectors}, uuid=${withLastHexDigit(identity.diskGuid, 'e')}, type=21686148-6449-6E6F-744E-656564454649`,
    `15 : start=${espStartSector}, size=${espSectors}, uuid=${withLastHexDigit(identity.diskGuid, 'f')}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B`,
  ].join('\n')}\n`;
}

function withLastHexDigit(guid: string, digit: string): string {
  return guid.slice(0, -1) + digit;
}

async function partition({ tools, diskPath, sizeBytes, identity, signal }: WholeDiskRequest) {
  await runCommand(tools.sfdisk, ['--quiet', '--no-reread', '--no-tell-kernel', diskPath], {
    input: partitionScript(sizeBytes, identity),
    signal,
  });
}

async function makeRootFileSystem(request: WholeDiskRequest) {
  const { tools, identity } = request;
  const sizeKiB =
    ((request.sizeBytes / sectorBytes - rootStartSector - tailSectors) * sectorBytes) / 1024;
  const extended = [
    `offset=${rootStartSector * sectorBytes}`,
    `hash_seed=${identity.fileSystemUuid}`,
    'root_owner=0:0',
    // All tables are there from the start (as holes of the file): no guest writes them in the
    // background later.
    'lazy_itable_init=0',
    'lazy_journal_init=0',
  ];
  // A folder that was not made under fakeroot is all root's: fakeroot shows unknown files so.
  const state = request.fakerootState ? ['-i', request.fakerootState] : [];
  // The journal has the size that mke2fs gives a file system of this size. A smaller one cannot
  // hold what the kernel writes at once while the file system grows, all its reserved descriptor
  // blocks among it: it stops in the middle (decision 0010).
  const mke2fs = [tools.mke2fs, '-q', '-F', '-t', 'ext4', '-L', 'root', '-m', '1'];
  await runCommand(
    tools.fakeroot,
    [...state, '--', ...mke2fs, '-U', identity.fileSystemUuid, '-E', extended.join(',')].concat([
      '-d',
      request.rootFolder,
      request.diskPath,
      `${sizeKiB}k`,
    ]),
    {
      variables: { E2FSPROGS_FAKE_TIME: String(buildTimeSeconds) },
      signal: request.signal,
    },
  );
}

/**
 * boot.img to LBA 0 (its code only: the table of the protective MBR stays), core.img to its
 * partition, each told where the next is.
 */
async function embedBiosLoader(request: WholeDiskRequest) {
  const corePath = path.join(request.workFolder, 'core.img');
  await makeGrub(request, 'i386-pc', corePath, ['biosdisk']);
  const core = await readWhole(corePath);
  const boot = await readWhole('/usr/lib/grub/i386-pc/boot.img');
  const { bootCode, coreImage } = linkBiosLoader(boot, core);
  const disk = await open(request.diskPath, 'r+');
  try {
    await disk.write(bootCode, 0, bootCode.length, 0);
    await disk.write(coreImage, 0, coreImage.length, coreStartSector * sectorBytes);
  } finally {
    await disk.close();
  }
}

/** Writes into GRUB's images where on the disk their next part lies (GRUB's own i386-pc layout). */
export function linkBiosLoader(
  boot: Buffer,
  core: Buffer,
): { bootCode: Buffer; coreImage: Buffer } {
  const bootCodeBytes = 440;
  const coreSectorCount = Math.ceil(core.length / sectorBytes);
  if (coreSectorCount > coreSectors) {
    throw new Error(`GRUB's core image needs ${coreSectorCount} sectors, ${coreSectors} are there`);
  }
  const bootCode = Buffer.from(boot.subarray(0, bootCodeBytes));
  bootCode.writeBigUInt64LE(BigInt(coreStartSector), 0x5c);
  // Two NOPs in place of a jump: believe the BIOS's drive number.
  bootCode[0x66] = 0x90;
  bootCode[0x67] = 0x90;
  const coreImage = Buffer.alloc(coreSectorCount * sectorBytes);
  core.copy(coreImage);
  coreImage.writeBigUInt64LE(BigInt(coreStartSector + 1), 0x1f4);
  coreImage.writeUInt16LE(coreSectorCount - 1, 0x1fc);
  return { bootCode, coreImage };
}

async function makeEfiPartition(request: WholeDiskRequest) {
  const { tools, signal, workFolder } = request;
  const efiPath = path.join(workFolder, 'BOOTX64.EFI');
  await makeGrub(request, 'x86_64-efi', efiPath, []);
  const target = `${request.diskPath}@@${espStartSector * sectorBytes}`;
  const variables = { SOURCE_DATE_EPOCH: String(buildTimeSeconds), MTOOLS_SKIP_CHECK: '1' };
  const run = (tool: string, args: string[]) => runCommand(tool, args, { variables, signal });
  const geometry = ['-T', String(espSectors), '-h', '255', '-s', '63', '-N', '00000000'];
  await run(tools.mformat, ['-i', target, '-F', ...geometry, '::']);
  await run(tools.mmd, ['-i', target, '::/EFI', '::/EFI/BOOT']);
  await run(tools.mcopy, ['-i', target, efiPath, '::/EFI/BOOT/BOOTX64.EFI']);
}

async function makeGrub(
  { tools, signal }: WholeDiskRequest,
  platform: string,
  output: string,
  modules: string[],
) {
  const args = ['-O', platform, '-p', '(,gpt1)/boot/grub', '-o', output];
  await runCommand(
    tools['grub-mkimage'],
    [...args, ...modules, ...grubModules, ...extraGrubModules],
    { signal },
  );
}

async function readWhole(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
