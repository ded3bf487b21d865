/**
 * Until when the makers of Linux systems mend their faults for everybody: what is paid for apart
 * (Debian's ELTS, Ubuntu Pro, Red Hat's ELS) does not count. As their own pages had it in
 * November 2026:
 *
 * - Debian with LTS: wiki.debian.org/LTS; Ubuntu's standard time: ubuntu.com/about/release-cycle;
 *   both as Debian's package distro-info-data has them, with which a test compares
 * - Fedora: docs.fedoraproject.org/en-US/releases/eol
 * - Red Hat: access.redhat.com/support/policy/updates/errata; CentOS: centos.org/cl-vs-cs
 * - AlmaLinux: wiki.almalinux.org/release-notes; Rocky: wiki.rockylinux.org/rocky/version
 * - Amazon Linux: aws.amazon.com/amazon-linux-2/faqs and docs.aws.amazon.com/linux/al2023
 * - Alpine: alpinelinux.org/releases
 *
 * Of what it does not know nothing is told.
 */

/** The last day, by os-release's ID and VERSION_ID; the oldest first. */
const lastDays: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  debian: {
    '8': '2020-06-30',
    '9': '2022-06-30',
    '10': '2024-06-30',
    '11': '2026-08-31',
    '12': '2028-06-30',
    '13': '2030-06-30',
  },
  ubuntu: {
    '14.04': '2019-04-25',
    '14.10': '2015-07-23',
    '15.04': '2016-02-04',
    '15.10': '2016-07-28',
    '16.04': '2021-04-30',
    '16.10': '2017-07-20',
    '17.04': '2018-01-13',
    '17.10': '2018-07-19',
    '18.04': '2023-05-31',
    '18.10': '2019-07-18',
    '19.04': '2020-01-23',
    '19.10': '2020-07-17',
    '20.04': '2025-05-29',
    '20.10': '2021-07-22',
    '21.04': '2022-01-20',
    '21.10': '2022-07-14',
    '22.04': '2027-06-01',
    '22.10': '2023-07-20',
    '23.04': '2024-01-25',
    '23.10': '2024-07-11',
    '24.04': '2029-05-31',
    '24.10': '2025-07-10',
    '25.04': '2026-01-15',
    '25.10': '2026-07-09',
    '26.04': '2031-05-29',
  },
  fedora: {
    '38': '2024-05-21',
    '39': '2024-11-26',
    '40': '2025-05-13',
    '41': '2025-12-15',
    '42': '2026-05-13',
  },
  rhel: {
    '6': '2020-11-30',
    '7': '2024-06-30',
    '8': '2029-05-31',
    '9': '2032-05-31',
    '10': '2035-05-31',
  },
  centos: { '6': '2020-11-30', '7': '2024-06-30', '8': '2021-12-31' },
  'centos-stream': { '8': '2024-05-31', '9': '2027-05-31' },
  rocky: { '8': '2029-05-31', '9': '2032-05-31', '10': '2035-05-31' },
  almalinux: { '8': '2029-03-01', '9': '2032-05-31', '10': '2035-05-31' },
  amzn: { '2018.03': '2023-12-31', '2': '2026-06-30' },
  alpine: {
    '3.15': '2023-11-01',
    '3.16': '2024-05-23',
    '3.17': '2024-11-22',
    '3.18': '2025-05-09',
    '3.19': '2025-11-01',
    '3.20': '2026-04-01',
    '3.21': '2026-11-01',
    '3.22': '2027-05-01',
  },
};

/** Of these only the first number is one of a release that has an end of its own. */
const byFirstNumber = new Set([
  'debian',
  'rhel',
  'centos',
  'centos-stream',
  'rocky',
  'almalinux',
  'fedora',
]);

export interface NamedSystem {
  id?: string;
  versionId?: string;
  name?: string;
}

export interface EndedSupport {
  /** Such as `debian 9`. */
  system: string;
  /** The last day of it, where it is known: before the table begins it is not. */
  lastDay?: string;
}

/** Undefined where it has not ended, or nothing is known of it. */
export function endedSupport(
  { id = '', versionId = '', name = '' }: NamedSystem,
  now: Date,
): EndedSupport | undefined {
  const kind = id === 'centos' && /stream/i.test(name) ? 'centos-stream' : id;
  const version = releaseOf(kind, versionId);
  const days = Object.hasOwn(lastDays, kind) ? lastDays[kind] : undefined;
  if (!days || version === undefined) return undefined;
  const system = `${kind} ${version}`;
  const lastDay = Object.hasOwn(days, version) ? days[version] : undefined;
  if (lastDay !== undefined) {
    const endMs = Date.parse(lastDay) + dayMs;
    return now.getTime() >= endMs ? { system, lastDay } : undefined;
  }
  const known = Object.keys(days).map(orderOf);
  return orderOf(version) < Math.min(...known) ? { system } : undefined;
}

const dayMs = 86_400_000;

function releaseOf(kind: string, versionId: string): string | undefined {
  const [, first, second] = /^(\d{1,4})(?:\.(\d{1,3}))?(?:\.|$)/.exec(versionId) ?? [];
  if (first === undefined || second === undefined || byFirstNumber.has(kind)) return first;
  return `${first}.${second}`;
}

/** `3.9` is before `3.10`. */
function orderOf(version: string): number {
  const [first, second = 0] = version.split('.').map(Number);
  return (first ?? 0) * 1000 + second;
}
