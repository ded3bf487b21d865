/** Each thing that must not be left is found where it is, and nothing where it is not. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { checkDisk } from './checks.ts';
import { systemOnDisk } from './system.ts';
import { makeFat } from './test-fat.ts';
import {
  BufferDisk,
  changed,
  cleanSystem,
  type Files,
  makeDisk,
  makeFileSystem,
} from './test-file-systems.ts';
import { makeXfs } from './test-xfs.ts';

async function check(files: Files, isRoot = true) {
  const disk = new BufferDisk(await makeFileSystem(files));
  const found = await checkDisk(disk, { isRoot });
  return Object.fromEntries(found.map((each) => [each.check, each.paths]));
}

const withFiles = (more: Files) => check({ ...cleanSystem, ...more });

test('in a clean system nothing is found', async () => {
  assert.deepEqual(await check(cleanSystem), {});
});

describe('what is found', () => {
  const sshd = (text: string) => ({ 'etc/ssh/sshd_config': text });
  const cases: Record<string, [Files, Record<string, string[]>]> = {
    'keys of those who may log in, in all homes': [
      {
        'root/.ssh/authorized_keys': 'ssh-ed25519 AAAA root\n',
        'srv/me/.ssh/authorized_keys2': 'ssh-ed25519 AAAA me\n',
        'home/other/.ssh/authorized_keys': 'ssh-ed25519 AAAA other\n',
      },
      {
        'authorized-keys': [
          '/home/other/.ssh/authorized_keys',
          '/root/.ssh/authorized_keys',
          '/srv/me/.ssh/authorized_keys2',
        ],
      },
    ],
    'passwords, and accounts without one': [
      { 'etc/shadow': 'root:$y$hash:1::::::\nme::1::::::\n', 'etc/passwd': 'old:abc:2:2::/:\n' },
      {
        'empty-password': ['/etc/shadow (me)'],
        'password-set': ['/etc/passwd (old)', '/etc/shadow (root)'],
      },
    ],
    'passwords that are soon guessed': [
      {
        'etc/shadow':
          'root:!aaBBcc..ddEE/:1:\nold:aaBBcc..ddEE/:1:\nmd:$1$salt$abc:1:\nme:$6$s$abc:1:\n',
      },
      {
        'password-set': ['/etc/shadow (md)', '/etc/shadow (me)', '/etc/shadow (old)'],
        'password-weak': ['/etc/shadow (md)', '/etc/shadow (old)'],
      },
    ],
    'host keys of both servers': [
      {
        'etc/ssh/ssh_host_ed25519_key': 'private',
        'etc/dropbear/dropbear_rsa_host_key': 'private',
        'etc/ssh/ssh_host_rsa_key': '',
      },
      { 'host-keys': ['/etc/dropbear/dropbear_rsa_host_key', '/etc/ssh/ssh_host_ed25519_key'] },
    ],
    'histories and credentials': [
      {
        'root/.bash_history': 'rm -r x\n',
        'srv/me/.python_history': 'exit()\n',
        'root/.aws/credentials': '[default]\n',
        'root/.ssh/id_ed25519': 'private',
      },
      {
        credentials: ['/root/.aws/credentials', '/root/.ssh/id_ed25519'],
        'shell-history': ['/root/.bash_history', '/srv/me/.python_history'],
      },
    ],
    'identities and what cloud-init left': [
      {
        'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
        'var/lib/cloud/instances/i-0123/sem/x': '',
        'var/lib/cloud/instance': 'link:instances/i-0123',
      },
      {
        'cloud-init-state': ['/var/lib/cloud/instance', '/var/lib/cloud/instances/i-0123'],
        'machine-id': ['/etc/machine-id'],
      },
    ],
    'what the SSH server says itself': [
      sshd('passwordauthentication=YES\nPermitRootLogin "yes"\nPermitRootLogin no\n'),
      { 'ssh-password': ['/etc/ssh/sshd_config'], 'ssh-root': ['/etc/ssh/sshd_config'] },
    ],
    'what it does when nothing is said': [
      sshd('UsePAM yes\n#PasswordAuthentication no\n'),
      { 'ssh-password': ['/etc/ssh/sshd_config'] },
    ],
    'what it says for some clients, until the section ends': [
      sshd(
        'PasswordAuthentication no\nMatch Address 10.0.0.0/8\n PermitRootLogin yes\nMatch all\n',
      ),
      { 'ssh-root': ['/etc/ssh/sshd_config'] },
    ],
    'what it includes, itself in a circle too': [
      {
        ...sshd('Include more/*-x.conf\nInclude sshd_config\n'),
        'etc/ssh/more/a-x.conf': 'PasswordAuthentication yes\n',
        'etc/ssh/more/.a-x.conf': 'PermitRootLogin yes\n',
        'etc/ssh/more/b-y.conf': 'PermitRootLogin yes\n',
      },
      { 'ssh-password': ['/etc/ssh/more/a-x.conf'] },
    ],
  };
  for (const [name, [files, found]] of Object.entries(cases)) {
    test(name, async () => assert.deepEqual(await withFiles(files), found));
  }

  test('at most ten paths of one kind, without characters that a terminal acts on', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `home/u${index}/.ssh/authorized_keys`);
    const many = await withFiles(Object.fromEntries(keys.map((path) => [path, 'ssh-rsa A'])));
    assert.equal(many['authorized-keys']?.length, 10);
    const odd = await withFiles({ 'home/a\nb\u001b[31m/.ssh/id_rsa': 'k' });
    assert.deepEqual(odd.credentials, ['/home/a\\x0ab\\x1b[31m/.ssh/id_rsa']);
  });
});

describe('disks', () => {
  let efi: Buffer;
  before(async () => {
    efi = await makeFat({ 'EFI/BOOT/BOOTX64.EFI': 'loader' });
    // In use, as it is in a machine that runs.
    efi.writeUInt8(1, 37);
  });

  test('with partitions: the system, the homes beside it, and what is not known', async () => {
    const system = await makeFileSystem({ ...cleanSystem, 'root/.bash_history': 'ls\n' });
    const homes = await makeFileSystem({ 'me/.ssh/authorized_keys': 'ssh-rsa A' });
    const btrfs = Buffer.alloc(1024 ** 2);
    btrfs.write('_BHRfS_M', 0x10040);
    const parts = [efi, system, homes, Buffer.alloc(1024 ** 2), btrfs];
    const disk = await makeDisk(
      'gpt',
      parts.map((bytes) => ({ bytes })),
    );
    assert.deepEqual(await checkDisk(new BufferDisk(disk), { isRoot: true }), [
      { check: 'authorized-keys', paths: ['/me/.ssh/authorized_keys'] },
      { check: 'file-system-unknown', paths: ['partition 5'] },
      { check: 'shell-history', paths: ['/root/.bash_history'] },
    ]);
  });

  test('with a system on XFS', async () => {
    const text = Buffer.from('private');
    const says = '---600 0 0';
    const ssh = [{ name: 'ssh_host_rsa_key', says, content: text }];
    const folder = 'd--755 0 0';
    const etc = [{ name: 'ssh', says: folder, below: ssh }];
    const xfs = await makeXfs([{ name: 'etc', says: folder, below: etc }]);
    const disk = new BufferDisk(await makeDisk('gpt', [{ bytes: xfs }]));
    assert.deepEqual(await checkDisk(disk, { isRoot: true }), [
      { check: 'host-keys', paths: ['/etc/ssh/ssh_host_rsa_key'] },
    ]);
    assert.deepEqual(await systemOnDisk(disk), { system: 'Linux', isBare: false });
  });

  test('without a system: only a root device needs one', async () => {
    const disk = new BufferDisk(await makeDisk('dos', [{ bytes: efi }]));
    assert.deepEqual(await checkDisk(disk, { isRoot: false }), []);
    const [found] = await checkDisk(disk, { isRoot: true });
    assert.equal(found?.check, 'root-missing');
  });

  test('that are damaged, or were captured while in use', async () => {
    const system = await makeFileSystem(cleanSystem);
    const unclean = await changed(system, 'feature needs_recovery');
    const found = await checkDisk(new BufferDisk(unclean), { isRoot: true });
    assert.deepEqual(found, [{ check: 'file-system-unclean', paths: ['partition 1'] }]);
    const damaged = Buffer.from(system);
    damaged.writeUInt32LE(77, 1024 + 0x18);
    const [unreadable] = await checkDisk(new BufferDisk(damaged), { isRoot: false });
    assert.equal(unreadable?.check, 'file-system-unreadable');
    assert.match(unreadable.paths[0] ?? '', /superblock/);
  });

  test('of a store that fails are no finding', async () => {
    const disk = new BufferDisk(await makeFileSystem(cleanSystem));
    disk.pread = () => Promise.reject(new Error('no store'));
    await assert.rejects(checkDisk(disk, { isRoot: true }), { message: 'no store' });
  });
});
