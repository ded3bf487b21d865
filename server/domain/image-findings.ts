/**
 * What the checks of an image's files have found (tasks/check-image.ts does them): kept with the
 * image, shown to all who see it, and looked at by who publishes it. EC2's words for them are those
 * of its scanner.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageFinding, ImageRow, ImageScan, Severity } from '../catalog/rows/image.ts';
import type { Clock, Ids } from './identity.ts';
import { newTask, unfinishedStates } from './tasks.ts';

/** From the least, with a score in EC2's range of each. */
export const severityScores: Readonly<Record<Severity, number>> = {
  informational: 0,
  low: 2,
  medium: 5,
  high: 8,
  critical: 9.5,
};

const severities = Object.keys(severityScores) as Severity[];

/** Such findings keep an image from being published. */
const refusedFrom: Severity = 'high';

export interface CheckImageInput {
  imageId: string;
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severityScores[severity] >= severityScores[least];
}

export function highestSeverity({ findings }: ImageScan): Severity | undefined {
  return severities.findLast((each) => findings.some(({ severity }) => severity === each));
}

/** Since when something can be done about those of a severity. */
export function fixAvailableSince(scan: ImageScan, severity: Severity): string | undefined {
  const since = scan.findings.filter((each) => each.severity === severity && hasFix(each));
  return since.map(({ firstObservedAt }) => firstObservedAt).sort()[0];
}

export function isSeverity(text: string): text is Severity {
  return Object.hasOwn(severityScores, text);
}

export function refusing({ findings }: ImageScan): ImageFinding[] {
  return findings.filter(({ severity }) => isAtLeast(severity, refusedFrom));
}

/** What is the same of all checks of an image. */
export function findingKey({ snapshotId, check, subject }: ImageFinding): string {
  return `${snapshotId} ${check}${subject === undefined ? '' : ` ${subject}`}`;
}

/** What nobody has a fix for yet. */
export function hasFix({ check }: ImageFinding): boolean {
  return check !== 'vulnerability-unfixed';
}

/** The same finding is as old as it was. */
export function withScan(image: ImageRow, scan: ImageScan): ImageRow {
  const before = new Map((image.scan?.findings ?? []).map((each) => [findingKey(each), each]));
  const findings = scan.findings.map((finding) => {
    const known = before.get(findingKey(finding));
    return known ? { ...finding, firstObservedAt: known.firstObservedAt } : finding;
  });
  return { ...image, scan: { ...scan, findings } };
}

/** Id of the task; of one that checks the image already, if there is one. */
export async function orderCheck(
  { tasks }: CatalogTransaction,
  { id, account, region }: ImageRow,
  host: string,
  identity: { clock: Clock; ids: Ids },
): Promise<string> {
  const kind = 'check-image';
  const where = { kind, subject: id, state: unfinishedStates };
  const [same] = await tasks.list({ where, limit: 1 });
  if (same) return same.id;
  const input: CheckImageInput = { imageId: id };
  const task = newTask({ kind, subject: id, account, region, host, input }, identity);
  await tasks.insert(task);
  return task.id;
}
