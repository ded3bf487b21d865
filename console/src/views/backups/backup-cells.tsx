/**
 * What several views say of a backup: how it is, who ordered it, how its last drill ended, until
 * when it stays.
 */
import { IdLink } from '../../parts/id-link.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { sourceText, dayText as text } from '../../text/backups.ts';
import { common } from '../../text/common.ts';
import type { Backup } from './backup.ts';
import type { Fates } from './use-fates.ts';

/** A backup that is as a power cut leaves a disk says so wherever it is listed. */
export function Condition({ of }: { of: Pick<Backup, 'State' | 'StateMessage' | 'Consistency'> }) {
  const { State: state, StateMessage, Consistency } = of;
  return (
    <>
      <State of={state} /> {Consistency && text.consistent[Consistency]} {StateMessage}
    </>
  );
}

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
      <span class="line">
        <Time at={of.EndTime} />
      </span>
    </>
  );
}

interface KeptProps {
  backup: Backup;
  of: Pick<Fates, 'fates' | 'points'>;
}

/** As its policies are now; those that forget act besides. */
export function KeptUntil({ backup, of: { fates, points } }: KeptProps) {
  const { BackupId, PolicyId, JobId } = backup;
  const point = points.get(BackupId);
  const { at, more, newest, schedule = '', hold } = fates.get(BackupId) ?? {};
  if (point) {
    return (
      <>
        {point.deleteAt ? <Time at={point.deleteAt} exact /> : text.untilDeleted}
        <span class="line hint">{text.inVault(point.vault)}</span>
      </>
    );
  }
  if (at === undefined && more === undefined) {
    return <span>{PolicyId || JobId ? common.none : text.untilDeleted}</span>;
  }
  return (
    <>
      {at ? <Time at={at} exact /> : text.untilMore(schedule, more ?? 0)}
      {newest !== undefined && <span class="line hint">{text.newestOf(newest)}</span>}
      {hold && <span class="line hint">{text.holds[hold]}</span>}
    </>
  );
}
