/**
 * Whom others run as where Imago runs as root: the data plane, and machines without a user of their
 * own, as a system user `imago` if the operator made one, else as a numeric id that needs no
 * account (from systemd's unused range, so that nothing else owns files with it), else as `nobody`
 * where that id is not mapped (user namespaces). `undefined` where Imago is an ordinary user
 * already. A guest with a user of its own: guest-users.ts.
 */
import { readFileSync } from 'node:fs';
import { guestUsers } from './guest-users.ts';

export interface UnprivilegedIdentity {
  uid: number;
  gid: number;
}

const unnamedId = 1_900_000_773;
const nobodyId = 65_534;

export function unprivilegedIdentity(): UnprivilegedIdentity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('imago:'))
    ?.split(':');
  if (entry) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  const id = isMapped(unnamedId) ? unnamedId : nobodyId;
  return { uid: id, gid: id };
}

/**
 * Whom the machine of an instance runs as, so that one that is taken over reaches nothing of the
 * others. `shared` is what it is where the instance has no identity of its own, or the host cannot
 * have it (user namespaces).
 */
export function guestIdentity(
  ownerUid: number | undefined,
  shared: UnprivilegedIdentity | undefined,
): UnprivilegedIdentity | undefined {
  if (!shared || ownerUid === undefined || !guestsHaveIdentities()) return shared;
  return { uid: ownerUid, gid: ownerUid };
}

/** Whether each guest can run as a user of its own here. */
export function guestsHaveIdentities(): boolean {
  const { first, count } = guestUsers;
  return process.getuid?.() === 0 && isMapped(first) && isMapped(first + count - 1);
}

/**
 * The data plane's and, last, one that a guest may have: none where all are the user that Imago is.
 */
export function identitiesInUse(): UnprivilegedIdentity[] {
  const shared = unprivilegedIdentity();
  if (!shared) return [];
  return guestsHaveIdentities()
    ? [shared, { uid: guestUsers.first, gid: guestUsers.first }]
    : [shared];
}

export interface Allowance {
  /** One more group than its own. */
  group?: number;
  /** All that it may do beyond what anybody may. */
  capability?: 'net_bind_service';
}

/**
 * Prefix that runs a program as this identity, with no capability but what it is allowed, and none
 * to gain. setpriv execs, so the pid stays.
 */
export function asIdentity(
  { uid, gid }: UnprivilegedIdentity,
  { group, capability }: Allowance = {},
): string[] {
  const granted = capability ? `-all,+${capability}` : '-all';
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    group === undefined ? '--clear-groups' : `--groups=${group}`,
    '--no-new-privs',
    ...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=${granted}`),
    '--',
  ];
}

function isMapped(id: number): boolean {
  return readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .some((line) => {
      const [inside = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return id >= inside && id < inside + count;
    });
}
