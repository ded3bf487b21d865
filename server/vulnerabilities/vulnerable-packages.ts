/** Vulnerabilities as findings of a check: one of each package that has an update, the worst first. */
import type { Found, Severity } from '../contents/findings.ts';
import { printable, shownPaths } from '../contents/findings.ts';
import type { Vulnerability } from './vulnerability.ts';

const order: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'informational'];
/** They are kept with the image. */
const packagesMax = 200;

export function vulnerablePackages(vulnerabilities: readonly Vulnerability[]): Found[] {
  const [fixed, unfixed] = [
    vulnerabilities.filter((each) => each.fixed !== undefined),
    vulnerabilities.filter((each) => each.fixed === undefined),
  ];
  const packages = [...Map.groupBy(fixed, (each) => `${each.package} ${each.installed}`)];
  const found = packages.map(([subject, those]): Found => {
    const sorted = those.toSorted(byWorst);
    return {
      check: 'vulnerable-package',
      subject,
      severity: sorted[0]?.severity ?? 'medium',
      title: `${shown(subject)} has known vulnerabilities that a newer version has not`,
      ...shownPaths(sorted.map(lineOf)),
    };
  });
  found.sort((a, b) => rank(a.severity) - rank(b.severity) || compare(a.subject, b.subject));
  if (found.length > packagesMax) {
    const paths = [`only the worst ${packagesMax} of ${found.length} packages are told`];
    found.splice(packagesMax, found.length, { check: 'vulnerabilities-untold', paths });
  }
  // Nobody can do anything about those, so they are told together.
  if (unfixed.length > 0) {
    const lines = unfixed.toSorted(byWorst).map(lineOf);
    found.push({ check: 'vulnerability-unfixed', ...shownPaths(lines) });
  }
  return found;
}

/** Such as `CVE-2023-38545 (curl 7.88.1-10, fixed in 7.88.1-10+deb12u4)`. */
function lineOf({ id, package: name, installed, fixed }: Vulnerability): string {
  const until = fixed === undefined ? 'no fix yet' : `fixed in ${shown(fixed)}`;
  return `${shown(id)} (${shown(name)} ${shown(installed)}, ${until})`;
}

/** Versions are the image's own words. */
function shown(text: string): string {
  return printable(text.length <= 100 ? text : `${text.slice(0, 100)}…`);
}

function byWorst(a: Vulnerability, b: Vulnerability): number {
  return rank(a.severity) - rank(b.severity) || compare(b.id, a.id);
}

function rank(severity: Severity = 'medium'): number {
  return order.indexOf(severity);
}

function compare(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
