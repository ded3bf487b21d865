/**
 * Readers that have nothing of QEMU as judges of what is written: those that forensic tools use
 * (Debian's python3-libqcow, python3-libvhdi, python3-libvmdk).
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { DiskFileFormat } from './limits.ts';
import { diskOf, mib, someBytes, writtenTo } from './test-disks.ts';
import type { DiskFileOptions } from './write-disk-file.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'other-readers-'));
});
after(() => rm(folder, { recursive: true }));

const bytes = someBytes(9 * mib + 5 * 512);

/** The size of the disk in a file, and the digest of all of it. */
const look = `
import hashlib, sys
module, name = sys.argv[1:]
library = __import__(module)
disk = library.handle() if module == "pyvmdk" else library.file()
disk.open(name)
if module == "pyvmdk":
    disk.open_extent_data_files()
size = disk.get_media_size()
digest = hashlib.sha256()
left = size
while left:
    part = disk.read(min(left, 1 << 20))
    digest.update(part)
    left -= len(part)
print(size, digest.hexdigest())
`;

const kinds: [name: string, format: DiskFileFormat, library: string, DiskFileOptions][] = [
  ['qcow2', 'qcow2', 'pyqcow', {}],
  ['qcow2 of deflate', 'qcow2', 'pyqcow', { compression: 'deflate' }],
  ['stream-optimised VMDK', 'vmdk', 'pyvmdk', {}],
  ['dynamic VHD', 'vhd', 'pyvhdi', {}],
  ['fixed VHD', 'vhd', 'pyvhdi', { variant: 'fixed' }],
  ['dynamic VHDX', 'vhdx', 'pyvhdi', {}],
];

for (const [name, format, library, options] of kinds) {
  test(`${library} reads a ${name} as the disk that it was made of`, async () => {
    // libvmdk opens what the descriptor names, others what they are given.
    const file = path.join(folder, format === 'vmdk' ? 'disk.vmdk' : name);
    await writtenTo(file, format, diskOf(bytes), options);
    const args = ['-c', look, library, file];
    const told = execFileSync('/usr/bin/python3', args, { encoding: 'utf8', timeout: 120_000 });
    const digest = createHash('sha256').update(bytes).digest('hex');
    assert.equal(told, `${bytes.length} ${digest}\n`);
  });
}
