/**
 * The JSON of Debian's security tracker: by source package and CVE, how it is in each release of
 * Debian by its codename.
 */
import { compareVersions } from '../contents/debian-version.ts';
import type { OsRelease } from '../contents/os-release.ts';
import {
  byName,
  membersOf,
  type Question,
  severityOf,
  textOf,
  type Vulnerability,
} from './vulnerability.ts';

export function isTracker(document: unknown): boolean {
  return Object.values(membersOf(document)).some((ofPackage) =>
    Object.values(membersOf(ofPackage)).some((each) => 'releases' in membersOf(each)),
  );
}

export function trackerSpeaksOf(document: unknown, { id, codename = '' }: OsRelease): boolean {
  if (id !== 'debian') return false;
  return Object.values(membersOf(document)).some((ofPackage) =>
    Object.values(membersOf(ofPackage)).some((each) =>
      Object.hasOwn(membersOf(membersOf(each).releases), codename),
    ),
  );
}

export function ofTracker(document: unknown, { system, installed }: Question): Vulnerability[] {
  const { id, codename = '' } = system;
  if (id !== 'debian') return [];
  const found: Vulnerability[] = [];
  const packages = membersOf(document);
  for (const [name, versions] of byName(installed)) {
    if (!Object.hasOwn(packages, name)) continue;
    for (const [cve, said] of Object.entries(membersOf(packages[name]))) {
      const releases = membersOf(membersOf(said).releases);
      if (!Object.hasOwn(releases, codename)) continue;
      const { status, fixed_version, urgency } = membersOf(releases[codename]);
      const fixed = status === 'resolved' ? textOf(fixed_version) : undefined;
      // 'undetermined' says that nobody knows.
      if (fixed === undefined && status !== 'open') continue;
      for (const version of versions) {
        if (fixed !== undefined && compareVersions(version, fixed) >= 0) continue;
        const severity = severityOf(textOf(urgency));
        found.push({
          id: cve,
          package: name,
          installed: version,
          ...(fixed !== undefined && { fixed }),
          severity,
        });
      }
    }
  }
  return found;
}
