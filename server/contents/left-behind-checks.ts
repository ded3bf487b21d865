/**
 * What a machine that ran leaves in its files, and what virt-sysprep would remove: each is looked
 * for in a folder or two, by its name.
 */
import type { Check, Findings } from './findings.ts';
import { nameOf } from './services.ts';
import type { SystemTree } from './system-tree.ts';

/** Of one of these folders; a machine's has some hundreds below it. */
const filesMax = 20_000;

interface Left {
  check: Check;
  folder: string;
  /** Of names; without one it is every file that is not empty. */
  names?: RegExp;
  /** How many folders deep; 1 is what is right in it. */
  depth?: number;
}

const left: readonly Left[] = [
  { check: 'crash-data', folder: '/var/crash', depth: 2 },
  { check: 'crash-data', folder: '/var/lib/systemd/coredump' },
  { check: 'crash-data', folder: '/var/spool/abrt', depth: 2 },
  { check: 'dhcp-leases', folder: '/var/lib/dhcp', names: /\.leases?~?$/ },
  { check: 'dhcp-leases', folder: '/var/lib/dhclient', names: /\.leases?$/ },
  { check: 'dhcp-leases', folder: '/var/lib/dhcpcd', names: /\.lease6?$/ },
  { check: 'dhcp-leases', folder: '/var/lib/NetworkManager', names: /\.lease$/ },
  { check: 'logs', folder: '/var/log', names: /^(?!README)/, depth: 4 },
  { check: 'machine-identity', folder: '/etc', names: /^(hostid|krb5\.keytab)$/ },
  { check: 'machine-identity', folder: '/etc/iscsi', names: /^initiatorname\.iscsi$/ },
  { check: 'machine-identity', folder: '/etc/nvme', names: /^host(id|nqn)$/ },
  { check: 'machine-identity', folder: '/etc/pki/consumer', names: /\.pem$/ },
  { check: 'machine-identity', folder: '/etc/sysconfig/rhn', names: /^systemid$/ },
  { check: 'machine-identity', folder: '/var/lib/yum', names: /^uuid$/ },
  { check: 'mail', folder: '/var/mail' },
  { check: 'mail', folder: '/var/spool/mail' },
  { check: 'mail', folder: '/var/spool/mqueue' },
  { check: 'mail', folder: '/var/spool/exim4/input', depth: 2 },
  { check: 'mail', folder: '/var/spool/postfix/deferred', depth: 2 },
  { check: 'network-names', folder: '/etc/udev/rules.d', names: /^\d\d-persistent-net\.rules$/ },
  { check: 'package-caches', folder: '/var/cache/apt/archives', names: /\.deb$/, depth: 2 },
  { check: 'package-caches', folder: '/var/cache/apk', names: /\.apk$/ },
  { check: 'package-caches', folder: '/var/cache/dnf', names: /\.rpm$/, depth: 3 },
  { check: 'package-caches', folder: '/var/cache/libdnf5', names: /\.rpm$/, depth: 3 },
  { check: 'package-caches', folder: '/var/cache/yum', names: /\.rpm$/, depth: 5 },
  { check: 'password-backups', folder: '/etc', names: /^(passwd|group|shadow|gshadow)-$/ },
  { check: 'random-seed', folder: '/var/lib/systemd', names: /^random-seed$/ },
  { check: 'random-seed', folder: '/var/lib/urandom', names: /^random-seed$/ },
  { check: 'random-seed', folder: '/var/lib/seedrng', names: /^seed\./ },
  { check: 'random-seed', folder: '/var/lib', names: /^random-seed$/ },
  { check: 'temporary-files', folder: '/tmp', depth: 3 },
  { check: 'temporary-files', folder: '/var/tmp', depth: 3 },
];

export async function checkLeftBehind(tree: SystemTree, found: Findings): Promise<void> {
  for (const { check, folder, names = /^/, depth = 1 } of left) {
    // What links lead to, such as /var/mail to /var/spool/mail, is told at its own place.
    let files = 0;
    for await (const file of tree.walk(folder, { depth })) {
      if (++files > filesMax) break;
      const { kind, sizeBytes } = file.inode;
      if (kind === 'file' && sizeBytes > 0 && names.test(nameOf(file))) {
        found.add(check, file.path.toString());
      }
    }
  }
  for (const home of ['/root', ...(await homes(tree))]) {
    const file = await tree.find(`${home}/.ssh/known_hosts`);
    if (file?.inode.kind === 'file' && file.inode.sizeBytes > 0) {
      found.add('known-hosts', file.path.toString());
    }
  }
}

async function homes(tree: SystemTree): Promise<string[]> {
  const names = (await tree.names('/home')) ?? [];
  return names.slice(0, homesMax).map((name) => `/home/${name}`);
}

const homesMax = 300;
