/**
 * What the checks of an image find: each kind with what it is called, how bad it is, and what to
 * do. Where it is looked for is checks.ts's.
 */
export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** Kinds of what is found: what each is called, how bad it is, and what to do. */
export const checks = {
  'access-token': {
    title: 'Keys or tokens of services are left in the image',
    severity: 'high',
    advice: 'Remove them and revoke them where they are good: whoever launches has read them.',
  },
  'authorized-keys': {
    title: 'Keys that let their holders log in are left in the image',
    severity: 'high',
    advice: 'Remove the authorized_keys files; launches put the key of the launcher there.',
  },
  'capability-unowned': {
    title: 'Programs that have capabilities of root are of no package',
    severity: 'high',
    advice: 'Remove them, or take the capabilities away with setcap -r.',
  },
  'cloud-init-state': {
    title: 'The state of cloud-init of another machine is left in the image',
    severity: 'medium',
    advice: 'Run cloud-init clean before the capture, so that machines set themselves up.',
  },
  credentials: {
    title: 'Private keys or credentials of its maker are left in the image',
    severity: 'high',
    advice: 'Remove them, and make new ones where they are used: whoever launches has read them.',
  },
  'crash-data': {
    title: 'What crashed programs had in memory is left in the image',
    severity: 'medium',
    advice: 'Remove what is in /var/crash and /var/lib/systemd/coredump.',
  },
  'dhcp-leases': {
    title: 'Leases of addresses of another machine are left in the image',
    severity: 'low',
    advice: 'Remove them: machines that share one ask for the same address.',
  },
  'empty-password': {
    title: 'An account has an empty password',
    severity: 'critical',
    advice: 'Lock it with passwd --lock, or remove the account.',
  },
  'file-system-unclean': {
    title: 'A file system was in use when it was captured, and its journal was not looked at',
    severity: 'high',
    advice: 'Capture the instance when it is stopped, or let CreateImage reboot it.',
  },
  'file-system-unknown': {
    title: 'A part of a disk is of a kind that is not looked into',
    severity: 'medium',
    advice: 'Use ext4 or XFS for what is to be checked, or look yourself that nothing is left.',
  },
  'file-system-unreadable': {
    title: 'A disk could not be read to its end',
    severity: 'high',
    advice: 'Check its file systems in the guest with fsck, and capture it again.',
  },
  'host-keys': {
    title: 'Host keys of SSH are left in the image, which all machines would share',
    severity: 'high',
    advice: 'Remove them; let the first boot make new ones.',
  },
  'known-hosts': {
    title: 'Which machines its maker went to by SSH is left in the image',
    severity: 'low',
    advice: 'Remove the known_hosts files.',
  },
  logs: {
    title: 'Logs of another machine are left in the image',
    severity: 'low',
    advice: 'Empty /var/log, with journalctl --rotate and --vacuum-time=1s too.',
  },
  'machine-id': {
    title: 'The machine id is set, which all machines would share',
    severity: 'medium',
    advice: 'Truncate /etc/machine-id; the first boot fills it.',
  },
  'machine-identity': {
    title: 'Names by which others know this machine are left, which all machines would share',
    severity: 'medium',
    advice: 'Remove them: initiator names, host ids, registrations and keytabs are made for each.',
  },
  mail: {
    title: 'Mail is left in the image',
    severity: 'medium',
    advice: 'Remove what is in /var/mail and the queues of /var/spool.',
  },
  'network-names': {
    title: 'Names of network cards are bound to those of another machine',
    severity: 'medium',
    advice: 'Remove the persistent rules of udev; the first boot makes new ones.',
  },
  'package-caches': {
    title: 'Packages that were downloaded are left in the image',
    severity: 'low',
    advice: 'Run apt-get clean, dnf clean all, or remove what is in /var/cache/apk.',
  },
  'package-file-changed': {
    title: 'Files are not as their packages brought them',
    severity: 'medium',
    advice: 'Install the packages again, or say with the product what was changed and why.',
  },
  'package-file-missing': {
    title: 'Files of packages are not there',
    severity: 'low',
    advice: 'Install the packages again where it was not meant, as it is with documentation.',
  },
  'password-backups': {
    title: 'Earlier accounts and passwords are left in the image',
    severity: 'low',
    advice: 'Remove /etc/passwd-, /etc/shadow- and their like.',
  },
  'password-set': {
    title: 'An account has a password',
    severity: 'high',
    advice: 'Lock it with passwd --lock; let machines be entered by keys alone.',
  },
  'password-weak': {
    title: 'A password is kept in a form that is guessed in hours (DES or MD5)',
    severity: 'critical',
    advice: 'Lock the account with passwd --lock.',
  },
  'private-key': {
    title: 'Private keys are left in the image, which all machines would share',
    severity: 'high',
    advice: 'Remove them, and make new ones at the first boot or where they are used.',
  },
  'random-seed': {
    title: 'A seed of random numbers is left, which all machines would share',
    severity: 'medium',
    advice: 'Remove it, as the last thing before the capture.',
  },
  'root-missing': {
    title: 'No file system with a system was found on the root device',
    severity: 'high',
    advice: 'Only systems on ext2, ext3, ext4 or XFS can be checked.',
  },
  'secret-likely': {
    title: 'What is called a secret and looks like one is left in the image',
    severity: 'medium',
    advice: 'Look whether it is one; if so, remove it and make a new one where it is used.',
  },
  'setuid-unowned': {
    title: 'Programs that run as their owner or group are of no package',
    severity: 'high',
    advice: 'Remove them, or take the bits away with chmod ug-s.',
  },
  'shell-history': {
    title: 'What its maker typed is left in the image',
    severity: 'medium',
    advice: 'Remove the history files, as the last command before the capture.',
  },
  'ssh-password': {
    title: 'SSH lets accounts in by their passwords',
    severity: 'high',
    advice: 'Say PasswordAuthentication no in sshd_config.',
  },
  'ssh-root': {
    title: 'SSH lets root in',
    severity: 'high',
    advice: 'Say PermitRootLogin no in sshd_config.',
  },
  'stored-password': {
    title: 'Passwords that programs keep for other services are left in the image',
    severity: 'high',
    advice: 'Remove the files, and change the passwords: whoever launches has read them.',
  },
  'system-unread': {
    title: 'The system could not be looked through to its end',
    severity: 'medium',
    advice: 'See what is said of it; the checks of its files are not complete.',
  },
  'system-unsupported': {
    title: 'The system gets no security updates from its makers any more',
    severity: 'high',
    advice: 'Make the image of a release that is still looked after.',
  },
  'temporary-files': {
    title: 'Temporary files are left in the image',
    severity: 'low',
    advice: 'Remove what is in /tmp and /var/tmp.',
  },
  'vulnerabilities-unread': {
    title: 'Which vulnerabilities its packages have is not known',
    severity: 'medium',
    advice: 'See what is said of the feed that the operator gave, and check again.',
  },
  'vulnerabilities-untold': {
    title: 'More packages have known vulnerabilities than are told',
    severity: 'high',
    advice: 'Upgrade the packages, and check again.',
  },
  'vulnerability-unfixed': {
    title: 'Packages have known vulnerabilities that no newer version is without',
    severity: 'low',
    advice: 'Look whether they matter for what the image is for; remove what is not needed.',
  },
  'vulnerable-package': {
    title: 'A package has known vulnerabilities that a newer version has not',
    severity: 'high',
    advice: 'Upgrade the package, at least to the version that is told.',
  },
  'writable-configuration': {
    title: 'Configuration can be written by everybody',
    severity: 'high',
    advice: 'Take the permission away with chmod o-w.',
  },
  'writable-path': {
    title: 'Programs that everybody runs can be replaced by everybody',
    severity: 'high',
    advice: 'Take the permission away with chmod o-w from the folders of PATH and what is in them.',
  },
} as const satisfies Record<string, { title: string; severity: Severity; advice: string }>;

export type Check = keyof typeof checks;

export interface Found {
  check: Check;
  /** Of the files concerned; each once, in order of name. */
  paths: string[];
  /** How many there are, where those are not all. */
  count?: number;
  /** What it is of, where there may be several of one kind. */
  subject?: string;
  /** In place of the kind's. */
  title?: string;
  severity?: Severity;
}

/** EC2's limit of what is told of one finding. */
const pathsMax = 10;
/** Each path is counted once as long as there are no more. */
const countedMax = 10_000;

export class Findings {
  readonly #paths = new Map<Check, Set<string>>();

  /** `path` as it is shown. */
  add(check: Check, path?: string): void {
    const paths = this.#paths.get(check) ?? new Set();
    this.#paths.set(check, paths);
    if (path !== undefined && paths.size < countedMax) paths.add(path);
  }

  list(): Found[] {
    return [...this.#paths]
      .map(([check, all]): Found => {
        const { paths, ...more } = shownPaths([...all]);
        return { check, paths: paths.sort(), ...more };
      })
      .sort((a, b) => a.check.localeCompare(b.check));
  }
}

/** The first of them, and how many there are where those are not all. */
export function shownPaths(all: readonly string[]): Pick<Found, 'paths' | 'count'> {
  const paths = all.slice(0, pathsMax).map(printable);
  return { paths, ...(all.length > pathsMax && { count: all.length }) };
}

/** Names are any bytes; those that a document or a terminal would stumble over are escaped. */
export function printable(path: string): string {
  const escaped = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
  return path.replace(/[\x00-\x1f\x7f-\x9f\ufffd-\uffff]/g, escaped);
}
