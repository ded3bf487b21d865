/** What several lists say of a backup: who ordered it, how its last drill ended, until when it stays. */
import { useAction } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { sourceText, dayText as text } from '../../text/backups.ts';
import { common } from '../../text/common.ts';
import type { Backup } from './backup.ts';
import { keptUntil } from './kept-until.ts';

export function MadeBy({ backup: { PolicyId, Schedule, JobId } }: { backup: Backup }) {
  if (PolicyId?.startsWith('policy-')) {
    return (
      <>
        <IdLink id={PolicyId} /> {Schedule}
      </>
    );
  }
  return <span>{Schedule ?? PolicyId ?? JobId ?? text.hand}</span>;
}

export function Verdict({ of }: { of: Backup['LastDrill'] }) {
  if (!of) return <span>{common.none}</span>;
  const isGood = of.Verdict === 'passed';
  return (
    <>
      <Mark tone={isGood ? 'good' : 'bad'}>
        {isGood ? '✓' : '✗'} {sourceText.drilled[of.Verdict] ?? of.Verdict}
      </Mark>{' '}
      <Time at={of.EndTime} />
    </>
  );
}

/** By its policy: another policy keeps it otherwise, and the last good one stays anyway. */
export function KeptUntil({ backup }: { backup: Backup }) {
  const { PolicyId = '' } = backup;
  const asking = { tables: ['backupPolicies'], enabled: PolicyId.startsWith('policy-') } as const;
  const found = useAction('dlm', 'GetLifecyclePolicy', { PolicyId }, asking);
  if (!asking.enabled) return <span>{PolicyId ? common.none : text.untilDeleted}</span>;
  const kept = keptUntil(backup, found.data?.Policy);
  if (!kept) return <span>{common.none}</span>;
  return kept.at ? <Time at={kept.at} /> : <span>{text.newestOf(kept.newest ?? 0)}</span>;
}
