/**
 * What one looks for on the worst day: the newest backup that there is, the newest that passed a
 * drill, and how long that took to be ready.
 */
import { useAction } from '../../api/queries.ts';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { wayBackText as text } from '../../text/backups.ts';
import { seconds } from '../drills/drill.ts';
import { type Backup, isWhole } from './backup.ts';
import { Verdict } from './backup-cells.tsx';

interface Props {
  /** Of a machine or a volume. */
  id: string;
  /** The newest first. */
  backups: readonly Backup[];
}

export function WayBack({ id, backups }: Props) {
  const newest = backups.find(isWhole);
  const proven = backups.find((each) => isWhole(each) && each.LastDrill?.Verdict === 'passed');
  if (!newest) return null;
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <Facts
        of={[
          [text.newest, <To key="newest" backup={newest} />],
          ...(proven === newest
            ? []
            : [
                [
                  text.proven,
                  proven ? <To key="proven" backup={proven} /> : <Never id={id} />,
                ] as const,
              ]),
        ]}
      />
    </section>
  );
}

function To({ backup: { BackupId, CreateTime, LastDrill } }: { backup: Backup }) {
  return (
    <>
      <a
        class="button"
        aria-label={text.restoreOf(BackupId)}
        href={href(['backups', 'restore'], { backup: BackupId })}
      >
        {text.restore}
      </a>{' '}
      <IdLink id={BackupId} /> <Time at={CreateTime} />{' '}
      <span class="line">
        {LastDrill ? <Verdict of={LastDrill} /> : <Mark>{text.notDrilled}</Mark>}{' '}
        {LastDrill?.Verdict === 'passed' && <Took id={LastDrill.DrillId} />}
      </span>
    </>
  );
}

function Took({ id }: { id: string }) {
  const asking = { tables: ['drills'] } as const;
  const { data } = useAction('imago', 'DescribeDrills', { DrillIds: [id] }, asking);
  const drill = data?.Drills[0];
  const time = seconds(drill?.MillisecondsToReady ?? drill?.MillisecondsToChecked);
  if (time === undefined) return null;
  return <a href={href(['drills', id])}>{text.took(time)}</a>;
}

function Never({ id }: { id: string }) {
  return (
    <>
      {text.never} <a href={href(['drills', id])}>{text.toDrills}</a>
    </>
  );
}
