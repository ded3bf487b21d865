/** What the checks of an image found, as EC2 shows what its scanner finds. */
import type { ImageFinding, ScanResults } from '../../../api/generated/ec2-types.ts';
import type { ImageFinding as Finding, ImageScan } from '../../catalog/rows/image.ts';
import {
  fixAvailableSince,
  hasFix,
  highestSeverity,
  severityScores,
} from '../../domain/image-findings.ts';

/** The title says what to do, too: EC2 has no other member for it. */
export function findingShape(finding: Finding, updatedAt: string): ImageFinding {
  const { check, title, advice, severity, count } = finding;
  const howMany = count === undefined ? '' : ` (${count} in all)`;
  return {
    Title: `${check}: ${title}${howMany}. ${advice}`,
    SeverityLabel: severity,
    Score: severityScores[severity],
    FixAvailable: hasFix(finding),
    FirstObservedAt: new Date(finding.firstObservedAt),
    UpdatedAt: new Date(updatedAt),
    Paths: finding.paths,
    SnapshotId: finding.snapshotId,
  };
}

export function scanResultsShape(scan: ImageScan): ScanResults {
  const since = (severity: Finding['severity']) => {
    const at = fixAvailableSince(scan, severity);
    return at === undefined ? undefined : new Date(at);
  };
  return {
    HighestFindingSeverityLabel: highestSeverity(scan),
    FindingScanDate: new Date(scan.scannedAt),
    InformationalFixAvailableSince: since('informational'),
    LowFixAvailableSince: since('low'),
    MediumFixAvailableSince: since('medium'),
    HighFixAvailableSince: since('high'),
    CriticalFixAvailableSince: since('critical'),
  };
}
