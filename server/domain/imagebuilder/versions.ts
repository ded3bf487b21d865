/**
 * Semantic versions of Image Builder: three numbers, of which the last ones may be `x` where a
 * newest one is asked for, and the number of a build. Versions are kept as they were given
 * (`2026.01.01`) and compared by their numbers.
 */
import { ServiceError } from '../../../api/service-error.ts';

/** As documented: what a number of a version may be at most. */
const numberMax = 2 ** 30 - 1;
const versionPattern = /^[0-9]+\.[0-9]+\.[0-9]+$/;
const wildcardPattern = /^(?:[0-9]+|x)\.(?:[0-9]+|x)\.(?:[0-9]+|x)$/;

/** What may be assigned: no wildcards. */
export function checkedVersion(text: string): string {
  if (!versionPattern.test(text)) {
    throw invalid(
      `The semantic version '${text}' must match the pattern ${versionPattern.source}.`,
    );
  }
  if (text.split('.').some((each) => Number(each) > numberMax)) {
    throw invalid(`Each number of the semantic version '${text}' is at most ${numberMax}.`);
  }
  return text;
}

/** What may be asked for: all that is right of an `x` is one as well. */
export function checkedPattern(text: string): string {
  if (!wildcardPattern.test(text) || /x\.(?:[0-9]|x\.[0-9])/.test(text)) {
    throw invalid(
      `'${text}' is not a semantic version: when a node is the wildcard x, all nodes to its right must be wildcards, too.`,
    );
  }
  return text;
}

export function hasWildcard(version: string): boolean {
  return version.includes('x');
}

export function matchesVersion(pattern: string, version: string): boolean {
  const nodes = version.split('.');
  return pattern.split('.').every((each, node) => each === 'x' || +each === Number(nodes[node]));
}

/** Below 0 when the first is older. */
export function compareVersions(one: string, other: string): number {
  const others = other.split('.').map(Number);
  const differences = one.split('.').map((each, node) => Number(each) - (others[node] ?? 0));
  return differences.find((each) => each !== 0) ?? 0;
}

interface Versioned {
  semanticVersion: string;
  build?: number;
}

/** Of the rows whose version matches, and whose build where one is asked for. */
export function newest<Row extends Versioned>(
  rows: readonly Row[],
  { version, build }: { version: string; build?: number },
): Row | undefined {
  const matching = rows.filter(
    (row) =>
      matchesVersion(version, row.semanticVersion) && (build === undefined || row.build === build),
  );
  return matching.toSorted(
    (a, b) =>
      compareVersions(b.semanticVersion, a.semanticVersion) || (b.build ?? 0) - (a.build ?? 0),
  )[0];
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidVersionNumberException', message);
}
