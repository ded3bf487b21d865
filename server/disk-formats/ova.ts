/**
 * An OVA: a tar archive of an OVF descriptor and the disk files that it names, each of which is
 * looked for in the archive and nowhere else. Its manifest is verified before any of its disks is
 * opened; a certificate is not. The disks are in the descriptor's order, the first is the root.
 */
import type { Disk } from '../disk/disk.ts';
import type { OpenFile } from '../files/files.ts';
import { beginningOf } from './begins-as.ts';
import { DiskFormatError, refusalsOf, shown } from './disk-format-error.ts';
import { gunzipInto } from './gunzipped.ts';
import { checkSize, type DiskLimits, type OpenedDiskFile } from './limits.ts';
import { openDiskFile } from './open-disk-file.ts';
import {
  manifestMaxBytes,
  parseManifest,
  type VerifyOptions,
  verifyManifest,
} from './ova-manifest.ts';
import { type OvfDisk, type OvfSystem, parseOvf } from './ovf.ts';
import { partOf, type RandomAccess } from './random-access.ts';
import { indexTar, type TarMember } from './tar-index.ts';
import { xmlMaxBytes } from './xml.ts';

const refuse = refusalsOf('ova');

export interface OvaOptions extends VerifyOptions {
  /** Of each disk. */
  limits: DiskLimits;
  /**
   * An empty file for a disk that is gzipped, which is closed with the OVA and should have no name
   * by then. Without it such disks are refused.
   */
  spool?: () => Promise<OpenFile>;
  /** Its manifest was verified before, of the very same bytes. */
  isVerified?: boolean;
}

export interface OvaDisk extends OpenedDiskFile {
  /** Of its member, or of the disk where it has none. */
  name: string;
}

export interface OpenedOva extends AsyncDisposable {
  /** The root first. */
  disks: OvaDisk[];
  system: OvfSystem;
  notes: string[];
}

export async function openOva(source: RandomAccess, options: OvaOptions): Promise<OpenedOva> {
  const members = await indexTar(source, (detail) => refuse(detail)).catch(async (error) => {
    const name = error instanceof DiskFormatError && (await beginningOf(source));
    const isTar = !name || name.startsWith('a tar');
    throw isTar ? error : refuse(`it begins as ${name}; give its own format`);
  });
  const ovf = onlyOne(members, '.ovf');
  if (!ovf) throw refuse('it has no .ovf descriptor');
  const folder = ovf.name.slice(0, ovf.name.lastIndexOf('/') + 1);
  const memberOf = (name: string) => {
    const found = members.filter((member) => member.name === folder + name.replace(/^(\.\/)+/, ''));
    if (found.length > 1) throw refuse(`it has ${shown(name)} twice`);
    return found[0];
  };
  const notes = options.isVerified ? [] : await verify(source, members, memberOf, options);
  const text = await textOf(source, ovf, xmlMaxBytes);
  const { disks, system } = parseOvf(text, refuse);
  const spools: OpenFile[] = [];
  const close = async () => {
    await Promise.all(spools.map((spool) => spool.close()));
  };
  try {
    const opened: OvaDisk[] = [];
    for (const disk of disks) {
      const file = disk.file && memberOf(disk.file.href);
      opened.push(await openDisk(source, disk, file, spools, options));
    }
    return { disks: opened, system, notes, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function verify(
  source: RandomAccess,
  members: readonly TarMember[],
  memberOf: (name: string) => TarMember | undefined,
  options: VerifyOptions,
): Promise<string[]> {
  const manifest = onlyOne(members, '.mf');
  if (!manifest) return ['It has no manifest: whether its files are whole was not verified.'];
  const entries = parseManifest(await textOf(source, manifest, manifestMaxBytes), refuse);
  await verifyManifest(source, entries, memberOf, refuse, options);
  return members.some(({ name }) => name.endsWith('.cert'))
    ? ['Its manifest was verified, the signature of its certificate was not.']
    : [];
}

async function openDisk(
  source: RandomAccess,
  { diskId, capacityBytes, file }: OvfDisk,
  member: TarMember | undefined,
  spools: OpenFile[],
  { limits, spool, signal }: OvaOptions,
): Promise<OvaDisk> {
  if (!file) return { name: diskId, ...emptyDisk(capacityBytes, limits) };
  if (!member) throw refuse(`its descriptor names ${shown(file.href)}, which is not in it`);
  const packed = partOf(source, member.offset, member.sizeBytes);
  let bytes = packed;
  if (file.gzipped) {
    if (!spool) throw refuse(`its disk ${shown(file.href)} is gzipped`);
    const unpacked = await spool();
    spools.push(unpacked);
    bytes = await gunzipInto(packed, unpacked, { maxBytes: fileMaxBytes(limits), signal }, (why) =>
      refuse(`its disk ${shown(file.href)}: ${why}`),
    );
  }
  const { disk, facts } = await openDiskFile(file.format, bytes, limits).catch((error) => {
    if (!(error instanceof DiskFormatError)) throw error;
    throw refuse(`its disk ${shown(file.href)}: ${error.message}`);
  });
  if (capacityBytes !== undefined && capacityBytes !== facts.sizeBytes) {
    const said = `Its descriptor says that ${shown(file.href)} has ${capacityBytes} bytes; it has ${facts.sizeBytes}.`;
    facts.notes.push(said);
  }
  return { name: member.name, disk, facts };
}

/** What a disk of the largest size could take as a file, with the tables of its format. */
function fileMaxBytes({ maxSizeBytes }: DiskLimits): number {
  return maxSizeBytes + maxSizeBytes / 64 + 64 * 1024 ** 2;
}

function emptyDisk(capacityBytes: number | undefined, limits: DiskLimits): OpenedDiskFile {
  const sizeBytes = checkSize(capacityBytes ?? 0, limits, refuse);
  const disk: Disk = {
    sizeBytes,
    async pread(_offset, length) {
      return Buffer.alloc(length);
    },
    async extents(_offset, length) {
      return [{ length, zero: true }];
    },
    async close() {},
  };
  const notes = ['Its descriptor names no file for it: it is empty.'];
  return { disk, facts: { format: 'raw', variant: 'empty', sizeBytes, allocatedBytes: 0, notes } };
}

function onlyOne(members: readonly TarMember[], extension: string): TarMember | undefined {
  // A Mac adds a file of attributes, ._NAME, to each.
  const found = members.filter(
    ({ name }) => name.toLowerCase().endsWith(extension) && !/(^|\/)\._/.test(name),
  );
  if (found.length > 1) throw refuse(`it has ${found.length} files that end in ${extension}`);
  return found[0];
}

async function textOf(source: RandomAccess, member: TarMember, maxBytes: number): Promise<string> {
  if (member.sizeBytes > maxBytes)
    throw refuse(`${shown(member.name)} has ${member.sizeBytes} bytes`);
  const bytes = await source.read(member.offset, member.sizeBytes);
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
