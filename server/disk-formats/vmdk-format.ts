/**
 * VMDK's words and numbers (VMware's Virtual Disk Format): the header of sparse extents, markers of
 * stream-optimised ones, and the descriptor. Pure. Numbers are little-endian, places in sectors.
 */
import { type Refuse, shown } from './disk-format-error.ts';

export const vmdkSectorBytes = 512;
export const vmdkMagic = 'KDMV';
export const descriptorStart = '# Disk DescriptorFile';
/** The directory is named by a copy of the header at the end. */
export const directoryAtEnd = 0xffffffffffffffffn;
export const flagNewlines = 1;
export const flagZeroGrains = 1 << 2;
export const flagCompressed = 1 << 16;
export const flagMarkers = 1 << 17;
export const deflated = 1;
/** A grain's number and how long it is. */
export const grainMarkerBytes = 12;
export const markerTypes = { endOfStream: 0, table: 1, directory: 2, footer: 3 };

/** A grain is held in memory; writers make 64 KiB. */
const grainMaxSectors = 4096;
const tableMaxEntries = 4096;
/** What a text of one extent cannot be longer than. */
export const descriptorMaxBytes = 64 * 1024;

export interface VmdkHeader {
  version: number;
  flags: number;
  capacitySectors: bigint;
  grainSectors: number;
  descriptorSector: bigint;
  descriptorSectors: bigint;
  tableEntries: number;
  directorySector: bigint;
  compression: number;
}

export function parseVmdkHeader(bytes: Buffer, refuse: Refuse): VmdkHeader {
  const version = bytes.readUInt32LE(4);
  if (version < 1 || version > 3) throw refuse(`its version is ${version}`);
  const flags = bytes.readUInt32LE(8);
  if (flags & flagNewlines && bytes.toString('latin1', 73, 77) !== '\n \r\n') {
    throw refuse(
      'it was transferred as text, which changed its bytes: transfer it anew, as binary',
    );
  }
  const grainSectors = Number(bytes.readBigUInt64LE(20));
  const isPower = grainSectors <= grainMaxSectors && (grainSectors & (grainSectors - 1)) === 0;
  if (grainSectors < 1 || !isPower) throw refuse(`its grains have ${grainSectors} sectors`);
  const tableEntries = bytes.readUInt32LE(44);
  if (tableEntries < 1 || tableEntries > tableMaxEntries) {
    throw refuse(`its grain tables have ${tableEntries} entries`);
  }
  return {
    version,
    flags,
    capacitySectors: bytes.readBigUInt64LE(12),
    grainSectors,
    descriptorSector: bytes.readBigUInt64LE(28),
    descriptorSectors: bytes.readBigUInt64LE(36),
    tableEntries,
    directorySector: bytes.readBigUInt64LE(56),
    compression: bytes.readUInt16LE(77),
  };
}

const extentLine = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+([A-Z0-9]+)(?:\s+"([^"]*)")?/;
const settingLine = /^([\w.]+)\s*=\s*"?([^"]*)"?$/;

export interface VmdkDescriptor {
  settings: Map<string, string>;
  extents: { sectors: bigint; type: string; name: string }[];
}

export function parseDescriptor(text: string): VmdkDescriptor {
  const settings = new Map<string, string>();
  const extents: VmdkDescriptor['extents'] = [];
  for (const line of text.replace(/\0.*$/s, '').split(/\r?\n/)) {
    const trimmed = line.trim();
    const extent = extentLine.exec(trimmed);
    if (extent) {
      const [, , sectors = '0', type = '', name = ''] = extent;
      extents.push({ sectors: BigInt(sectors), type, name });
      continue;
    }
    const [, key, value = ''] = settingLine.exec(trimmed) ?? [];
    if (key !== undefined) settings.set(key.toLowerCase(), value);
  }
  return { settings, extents };
}

const standalone = ['monolithicsparse', 'streamoptimized'];

/** The descriptor inside of a sparse extent: that it is all of the disk. Answers its type. */
export function checkDescriptor({ settings, extents }: VmdkDescriptor, refuse: Refuse): string {
  const type = settings.get('createtype') ?? '';
  if ((settings.get('parentcid') ?? 'ffffffff').toLowerCase() !== 'ffffffff') {
    throw refuse('it is a delta, which needs its parent: consolidate them first');
  }
  if (settings.has('parentfilenamehint')) throw refuse('it names a parent disk');
  if ([...settings.keys()].some((key) => key.startsWith('encryption.'))) {
    throw refuse('it is encrypted');
  }
  if (!standalone.includes(type.toLowerCase())) {
    throw refuse(`its type is ${shown(type)}: only monolithicSparse and streamOptimized are read`);
  }
  if (extents.length !== 1 || extents[0]?.type !== 'SPARSE') {
    throw refuse(`its descriptor names ${extents.length} extents, none of which is opened`);
  }
  return type;
}
