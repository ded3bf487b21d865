/** For tests of OVAs: descriptors, manifests and archives as others make them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DiskFormatError } from './disk-format-error.ts';
import { type OvaOptions, openOva } from './ova.ts';
import { accessOfBuffer, type RandomAccess } from './random-access.ts';
import { limits, mib, qemuImg, someBytes } from './test-disks.ts';

/** Of all files of a process. */
export const folder = mkdtempSync(path.join(tmpdir(), 'ova-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
export const root = someBytes(3 * mib, 1);
export const data = someBytes(2 * mib, 2);

export interface Member {
  name: string;
  bytes: Buffer;
}

export async function vmdkOf(disk: Buffer): Promise<Buffer> {
  const [raw, file] = [path.join(folder, 'disk.raw'), path.join(folder, 'disk.vmdk')];
  await writeFile(raw, disk);
  qemuImg('convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', raw, file);
  return readFile(file);
}

const vmdkFormat = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';

/** As VirtualBox and VMware write them, shortened. */
export function ovfOf(files: string, disks: string, system = ''): string {
  return `<?xml version="1.0"?>
<!-- made for a test -->
<ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://x" xmlns:vmw="http://y">
<ovf:References>${files}</ovf:References>
<ovf:DiskSection><ovf:Info>Disks &amp; more</ovf:Info>${disks}</ovf:DiskSection>
<ovf:VirtualSystem ovf:id="vm"><ovf:Name>Die Maschine &#8211; ü</ovf:Name>${system}</ovf:VirtualSystem>
</ovf:Envelope>`;
}

export const fileOf = (id: string, href: string, more = '') =>
  `<ovf:File ovf:id="${id}" ovf:href="${href}" ${more}/>`;
export const diskOfFile = (id: string, file: string, more = '') =>
  `<ovf:Disk ovf:diskId="${id}" ovf:fileRef="${file}" ovf:format="${vmdkFormat}" ${more}/>`;

export function manifestOf(members: readonly Member[], algorithm = 'sha256'): Buffer {
  const line = ({ name, bytes }: Member) =>
    `${algorithm.toUpperCase()}(${name})= ${createHash(algorithm).update(bytes).digest('hex')}`;
  return Buffer.from(`${members.map(line).join('\n')}\n`);
}

/** By the tar that is asked for, in the order of the members. */
export async function archiveOf(members: readonly Member[], how = 'pax'): Promise<Buffer> {
  const work = await mkdtemp(path.join(folder, 'members-'));
  for (const { name, bytes } of members) {
    await mkdir(path.dirname(path.join(work, name)), { recursive: true });
    await writeFile(path.join(work, name), bytes);
  }
  const archive = path.join(work, 'archive.ova');
  const names = members.map(({ name }) => name);
  if (how === 'python') {
    const script = `
import sys, tarfile
with tarfile.open(sys.argv[1], 'w', format=tarfile.PAX_FORMAT) as archive:
    for name in sys.argv[2:]:
        info = archive.gettarinfo(name)
        info.mtime = 1.5
        info.pax_headers = {'comment': 'forces a header of its own'}
        archive.addfile(info, open(name, 'rb'))
`;
    execFileSync('python3', ['-c', script, archive, ...names], { cwd: work });
  } else {
    execFileSync('tar', [`--format=${how}`, '-cf', archive, ...names], { cwd: work });
  }
  return readFile(archive);
}

export async function opened(archive: Buffer | RandomAccess, more: Partial<OvaOptions> = {}) {
  const source = Buffer.isBuffer(archive) ? accessOfBuffer(archive) : archive;
  await using ova = await openOva(source, { limits, ...more });
  const disks = await Promise.all(
    ova.disks.map(async ({ disk, facts, name }) => ({
      name,
      facts,
      bytes: await disk.pread(0, disk.sizeBytes),
    })),
  );
  return { disks, system: ova.system, notes: ova.notes };
}

export async function refusalOf(archive: Buffer, more: Partial<OvaOptions> = {}): Promise<string> {
  let message = '';
  await assert.rejects(opened(archive, more), (error: Error) => {
    assert.ok(error instanceof DiskFormatError, String(error.stack));
    message = error.message;
    return true;
  });
  return message;
}
