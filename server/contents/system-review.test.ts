/** What a whole system is looked through for: found where it is, and not where it is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ReviewOptions, reviewSystem } from './system-review.ts';
import {
  BufferDisk,
  changed,
  cleanSystem,
  type Files,
  makeFileSystem,
} from './test-file-systems.ts';

const usual: ReviewOptions = { unsupported: () => undefined };

async function review(files: Files, options: Partial<ReviewOptions> = {}) {
  const disk = new BufferDisk(await makeFileSystem({ ...cleanSystem, ...files }));
  const found = await reviewSystem([disk], { ...usual, ...options });
  return Object.fromEntries(found.map((each) => [each.check, each.paths]));
}

describe('what a machine leaves behind', () => {
  const cases: Record<string, [Files, Record<string, string[]>]> = {
    'nothing, where it was removed': [
      {
        'var/log/README': 'about logs',
        'var/log/wtmp': '',
        'var/lib/dhcp/dhclient.leases': '',
        'var/cache/apt/archives/lock': 'l',
        'etc/udev/rules.d/80-net.rules': 'r',
        'root/.ssh/known_hosts': '',
        'var/mail': 'link:spool/mail',
      },
      {},
    ],
    'logs, also of programs': [
      { 'var/log/wtmp': 'w', 'var/log/journal/0a/system.journal': 'j' },
      { logs: ['/var/log/journal/0a/system.journal', '/var/log/wtmp'] },
    ],
    'who it was in its network': [
      {
        'var/lib/dhcp/dhclient.eth0.leases': 'lease {}',
        'var/lib/NetworkManager/internal-x-eth0.lease': 'l',
        'etc/udev/rules.d/70-persistent-net.rules': 'r',
        'etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn',
        'etc/krb5.keytab': 'k',
        'home/me/.ssh/known_hosts': 'a b',
      },
      {
        'dhcp-leases': [
          '/var/lib/NetworkManager/internal-x-eth0.lease',
          '/var/lib/dhcp/dhclient.eth0.leases',
        ],
        'known-hosts': ['/home/me/.ssh/known_hosts'],
        'machine-identity': ['/etc/iscsi/initiatorname.iscsi', '/etc/krb5.keytab'],
        'network-names': ['/etc/udev/rules.d/70-persistent-net.rules'],
      },
    ],
    'what it had in memory, in its queues and caches': [
      {
        'var/crash/_usr_bin_x.crash': 'c',
        'var/lib/systemd/random-seed': 's',
        'var/spool/mail/root': 'm',
        'var/mail': 'link:spool/mail',
        'var/cache/apt/archives/a_1_all.deb': 'd',
        'etc/shadow-': 's',
        'tmp/x/y': 't',
      },
      {
        'crash-data': ['/var/crash/_usr_bin_x.crash'],
        mail: ['/var/spool/mail/root'],
        'package-caches': ['/var/cache/apt/archives/a_1_all.deb'],
        'password-backups': ['/etc/shadow-'],
        'random-seed': ['/var/lib/systemd/random-seed'],
        'temporary-files': ['/tmp/x/y'],
      },
    ],
  };
  for (const [name, [files, found]] of Object.entries(cases)) {
    test(name, async () => assert.deepEqual(await review(files), found));
  }
});

test('a release that is not looked after, as its rule says', async () => {
  const release = { 'etc/os-release': 'ID=debian\nVERSION_ID="9"\n' };
  const unsupported: ReviewOptions['unsupported'] = ({ id, versionId }) =>
    versionId === '9' ? `${id} 9` : undefined;
  assert.deepEqual(await review(release, { unsupported }), { 'system-unsupported': ['debian 9'] });
  const newer = { 'etc/os-release': 'ID=debian\nVERSION_ID="12"\n' };
  assert.deepEqual(await review(newer, { unsupported }), {});
  assert.deepEqual(await review({}, { unsupported }), {});
});

test('more than ten are counted', async () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`tmp/${i}`, 'x']));
  const disk = new BufferDisk(await makeFileSystem({ ...cleanSystem, ...files }));
  const [found] = await reviewSystem([disk], usual);
  assert.equal(found?.paths.length, 10);
  assert.equal(found?.count, 12);
});

test('damage bars what is read there alone, and where there is no system nothing is said', async () => {
  const release = { 'etc/os-release': 'ID=debian\nVERSION_ID="9"\n', 'var/log/x': 'x' };
  const system = await makeFileSystem({ ...cleanSystem, ...release });
  const damaged = await changed(system, 'set_inode_field /var/log block[0] 99999999');
  const found = await reviewSystem([new BufferDisk(damaged)], { unsupported: () => 'old' });
  assert.deepEqual(
    found.map(({ check }) => check),
    ['system-unread', 'system-unsupported'],
  );
  for (const bytes of [Buffer.alloc(1024 ** 2), await makeFileSystem({ 'me/x': 'x' })]) {
    assert.deepEqual(await reviewSystem([new BufferDisk(bytes)], usual), []);
  }
});
