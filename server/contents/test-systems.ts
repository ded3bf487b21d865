/** Disks with whole small systems on them, for tests of what looks into images. */
import { type Files, makeDisk, makeFileSystem } from './test-file-systems.ts';

export const bootId = '6a2a9d4e-52a4-4a2f-9a83-0f0b3ad0a001';

export const debianFiles: Files = {
  'etc/os-release': [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
    'NAME="Debian GNU/Linux"',
    'VERSION_ID="12"',
    'VERSION_CODENAME=bookworm',
    'ID=debian',
    '',
  ].join('\n'),
  'etc/fstab': [
    '# what is where',
    'LABEL=root / ext4 defaults 0 1',
    `UUID=${bootId} /boot ext4 defaults,ro 0 2`,
    'PARTUUID=00000000-01 /nowhere ext4 noauto 0 0',
    '',
  ].join('\n'),
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000:Me:/home/me:/bin/sh\n',
  'etc/group': 'root:x:0:\nadm:x:4:me\nme:x:1000:\n',
  'etc/shadow': 'root:*:20000:0:99999:7:::\nme:$y$abc:20000:0:99999:7:::\n',
  'boot/hidden': 'under the mount',
  'home/me/notes': 'mine\n',
  vmlinuz: 'link:boot/vmlinuz-6.1.0',
  'var/lib/dpkg/status': [
    'Package: bash',
    'Status: install ok installed',
    'Maintainer: Matthias Klose <doko@debian.org>',
    'Installed-Size: 7164',
    'Architecture: amd64',
    'Version: 5.2.15-2+b7',
    'Source: bash (5.2.15-2)',
    'Homepage: http://tiswww.case.edu/php/chet/bash/bashtop.html',
    'Description: GNU Bourne Again SHell',
    ' Bash is an sh-compatible command language interpreter',
    '',
    'Package: gone',
    'Status: deinstall ok config-files',
    'Architecture: all',
    'Version: 1',
    '',
    'Package: zlib1g',
    'Status: install ok installed',
    'Architecture: amd64',
    'Version: 1:1.2.13.dfsg-1',
    'Source: zlib',
    '',
  ].join('\n'),
  'usr/share/doc/bash/copyright': [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    '',
    'Files: *',
    'License: GPL-3+',
    ' This program is free software',
    '',
    'Files: doc/*',
    'License: GFDL-1.3',
    '',
    'License: GPL-3+',
    ' text',
    '',
  ].join('\n'),
  'usr/share/doc/zlib1g/copyright': 'See /usr/share/common-licenses/GPL-2.\n',
};

/** A root, and a file system for /boot before it. */
export async function debianDisk(files: Files = {}): Promise<Buffer> {
  const root = await makeFileSystem(
    { ...debianFiles, ...files },
    { sizeMiB: 16, options: ['-t', 'ext4', '-L', 'root'] },
  );
  const boot = await makeFileSystem(
    { 'vmlinuz-6.1.0': 'a kernel', 'grub/grub.cfg': 'menu', up: 'link:../etc/passwd' },
    { options: ['-t', 'ext4', '-U', bootId] },
  );
  return makeDisk('gpt', [{ bytes: boot }, { bytes: root }]);
}
