/**
 * The disks in a file that is imported: one, or several of an OVA. Disks that are gzipped in an OVA
 * are unpacked into a file of the home that has no name.
 */
import path from 'node:path';
import type { Disk } from '../disk/disk.ts';
import { PaddedDisk } from '../disk/padded-disk.ts';
import { diskMaxBytes, type OpenedDiskFile } from '../disk-formats/limits.ts';
import { openOva } from '../disk-formats/ova.ts';
import type { OpenFile } from '../files/files.ts';
import { unlinkIfThere } from '../files/whole-file.ts';
import type { SourceFile } from '../transfers/source-file.ts';
import { type ImportWork, openDisk, volumeBytesOf } from './import-disk.ts';

export interface DiskInFile {
  /** As large as its volume. */
  disk: Disk;
  /** In EC2's word. */
  format: string;
  notes: string[];
}

interface FileOfDisks {
  format: string;
  file: SourceFile;
  /** An OVA's manifest: by an earlier step, of the very same file. */
  isVerified?: boolean;
  onProgress: () => void;
  signal: AbortSignal;
}

/** `use` has them as long as it goes on. */
export async function withDisksIn<T>(
  work: ImportWork,
  { format, file, isVerified, onProgress, signal }: FileOfDisks,
  use: (disks: DiskInFile[]) => Promise<T>,
): Promise<T> {
  if (format !== 'OVA') {
    const { disk, facts } = await openDisk(format, file);
    return use([{ disk, format, notes: facts.notes }]);
  }
  const limits = { maxSizeBytes: diskMaxBytes };
  const spool = () => openSpool(work);
  await using ova = await openOva(file, { limits, spool, isVerified, onProgress, signal });
  const disks = ova.disks.map(diskOfOva);
  disks[0]?.notes.unshift(...ova.notes);
  return await use(disks);
}

function diskOfOva({ disk, facts }: OpenedDiskFile): DiskInFile {
  const padded = new PaddedDisk(disk, volumeBytesOf(disk));
  return { disk: padded, format: facts.format.toUpperCase(), notes: [...facts.notes] };
}

/** It has no name any more when it is there: nothing is left of it, whatever happens. */
async function openSpool({ services, task }: ImportWork): Promise<OpenFile> {
  const { files, home } = services;
  await files.mkdir(home.pullsFolder, 0o700);
  const name = path.join(home.pullsFolder, `${task.id}.spool`);
  await unlinkIfThere(files, name);
  const file = await files.open(name, 'create', 0o600);
  await files.unlink(name);
  return file;
}
