/** Records of OSV (ossf.github.io/osv-schema), of distributions whose versions are compared here. */
import type { Severity } from '../contents/findings.ts';
import type { OsRelease } from '../contents/os-release.ts';
import { cvssScore } from './cvss.ts';
import {
  listOf,
  membersOf,
  type Question,
  severityOf,
  textOf,
  type Vulnerability,
  versionOrder,
} from './vulnerability.ts';

type Order = (a: string, b: string) => number;

export function isOsv(document: unknown): boolean {
  const { id, affected, modified } = membersOf(document);
  return typeof id === 'string' && (Array.isArray(affected) || typeof modified === 'string');
}

export function recordSpeaksOf(record: unknown, system: OsRelease): boolean {
  return listOf(membersOf(record).affected).some((each) =>
    isOf(system, textOf(membersOf(membersOf(each).package).ecosystem) ?? ''),
  );
}

/** `versions`: those that are installed, by name. */
export function ofRecord(
  record: unknown,
  { system }: Question,
  versions: ReadonlyMap<string, readonly string[]>,
): Vulnerability[] {
  const { id: named, affected, severity, withdrawn } = membersOf(record);
  const id = textOf(named);
  if (id === undefined || withdrawn !== undefined) return [];
  const order = versionOrder(system);
  const found: Vulnerability[] = [];
  for (const each of listOf(affected)) {
    const part = membersOf(each);
    const { ecosystem, name } = membersOf(part.package);
    const called = textOf(name) ?? '';
    if (!isOf(system, textOf(ecosystem) ?? '')) continue;
    for (const version of versions.get(called) ?? []) {
      const affects = affectedBy(part, version, order);
      if (!affects) continue;
      found.push({
        id: shortId(id),
        package: called,
        installed: version,
        ...affects,
        severity: severityOfRecord([...listOf(part.severity), ...listOf(severity)], part),
      });
    }
  }
  return found;
}

function isOf({ id, versionId = '' }: OsRelease, ecosystem: string): boolean {
  const [first = ''] = versionId.split('.');
  switch (id) {
    case 'debian':
      return ecosystem === `Debian:${first}`;
    case 'ubuntu':
      return ecosystem === `Ubuntu:${versionId}` || ecosystem === `Ubuntu:${versionId}:LTS`;
    case 'almalinux':
      return ecosystem === `AlmaLinux:${first}`;
    case 'rocky':
      return ecosystem === `Rocky Linux:${first}`;
    case 'rhel':
      return ecosystem.startsWith(`Red Hat:enterprise_linux:${first}::`);
    default:
      return false;
  }
}

/** Undefined where it is not; else which version no longer is, if there is one. */
function affectedBy(
  part: Readonly<Record<string, unknown>>,
  version: string,
  order: Order,
): { fixed?: string } | undefined {
  let isAffected = listOf(part.versions).includes(version);
  let fixed: string | undefined;
  for (const range of listOf(part.ranges)) {
    const { type, events } = membersOf(range);
    if (type !== 'ECOSYSTEM') continue;
    const state = inRange(listOf(events), version, order);
    isAffected ||= state.isAffected;
    fixed ??= state.fixed;
  }
  if (!isAffected) return undefined;
  return fixed === undefined ? {} : { fixed };
}

interface Event {
  kind: 'introduced' | 'fixed' | 'last_affected';
  version: string;
}

function inRange(said: readonly unknown[], version: string, order: Order) {
  const events = said.flatMap((each): Event[] => {
    const members = membersOf(each);
    return (['introduced', 'fixed', 'last_affected'] as const).flatMap((kind) => {
      const text = textOf(members[kind]);
      return text === undefined ? [] : [{ kind, version: text }];
    });
  });
  events.sort((a, b) => compareEvents(a.version, b.version, order));
  let isAffected = false;
  let fixed: string | undefined;
  for (const { kind, version: at } of events) {
    const against = compareEvents(version, at, order);
    if (kind === 'introduced' && against >= 0) isAffected = true;
    if (kind === 'fixed' && against >= 0) isAffected = false;
    if (kind === 'last_affected' && against > 0) isAffected = false;
    if (kind === 'fixed' && against < 0) fixed ??= at;
  }
  return { isAffected, fixed };
}

/** `0` stands for what is before all versions. */
function compareEvents(one: string, other: string, order: Order): number {
  if (one === '0' || other === '0') return one === other ? 0 : one === '0' ? -1 : 1;
  return order(one, other);
}

/** Distributions put their name before the CVE's. */
function shortId(id: string): string {
  return id.replace(/^[A-Z]+-(?=CVE-\d)/, '');
}

function severityOfRecord(
  said: readonly unknown[],
  part: Readonly<Record<string, unknown>>,
): Severity {
  const entries = said.map(membersOf);
  for (const { score } of entries) {
    const points = cvssScore(textOf(score) ?? '');
    if (points !== undefined) return severityOfScore(points);
  }
  // Ubuntu's own kind of it has a word.
  const word = entries.map(({ score }) => textOf(score)).find((text) => /^\w+$/.test(text ?? ''));
  const { urgency } = membersOf(part.ecosystem_specific);
  const { severity } = membersOf(part.database_specific);
  return severityOf(word ?? textOf(urgency) ?? textOf(severity));
}

/** As CVSS names them. */
function severityOfScore(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'informational';
}
