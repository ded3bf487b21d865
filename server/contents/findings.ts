/**
 * What the checks of an image find: each kind with what it is called, how bad it is, and what to
 * do. Where it is looked for is checks.ts's.
 */
export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** Kinds of what is found: what each is called, how bad it is, and what to do. */
export const checks = {
  'authorized-keys': {
    title: 'Keys that let their holders log in are left in the image',
    severity: 'high',
    advice: 'Remove the authorized_keys files; launches put the key of the launcher there.',
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
  'machine-id': {
    title: 'The machine id is set, which all machines would share',
    severity: 'medium',
    advice: 'Truncate /etc/machine-id; the first boot fills it.',
  },
  'password-set': {
    title: 'An account has a password',
    severity: 'high',
    advice: 'Lock it with passwd --lock; let machines be entered by keys alone.',
  },
  'root-missing': {
    title: 'No file system with a system was found on the root device',
    severity: 'high',
    advice: 'Only systems on ext2, ext3, ext4 or XFS can be checked.',
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
} as const satisfies Record<string, { title: string; severity: Severity; advice: string }>;

export type Check = keyof typeof checks;

export interface Found {
  check: Check;
  /** Of the files concerned; each once, in order of name. */
  paths: string[];
}

/** EC2's limit of what is told of one finding. */
const pathsMax = 10;

export class Findings {
  readonly #paths = new Map<Check, Set<string>>();

  /** `path` as it is shown. */
  add(check: Check, path?: string): void {
    const paths = this.#paths.get(check) ?? new Set();
    this.#paths.set(check, paths);
    if (path !== undefined && paths.size < pathsMax) paths.add(printable(path));
  }

  list(): Found[] {
    return [...this.#paths]
      .map(([check, paths]) => ({ check, paths: [...paths].sort() }))
      .sort((a, b) => a.check.localeCompare(b.check));
  }
}

/** Names are any bytes; those that a document or a terminal would stumble over are escaped. */
function printable(path: string): string {
  const escaped = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
  return path.replace(/[\x00-\x1f\x7f-\x9f\ufffd-\uffff]/g, escaped);
}
