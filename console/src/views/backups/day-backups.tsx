/** The backups of one day, and what is done with each. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ActionButton } from '../../parts/action-button.tsx';
import { longDay } from '../../parts/calendar.tsx';
import type { Day } from '../../parts/days.ts';
import { DrillDialog } from '../../parts/drill-dialog.tsx';
import { bytes, momentOf } from '../../parts/format.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { SendDialog } from '../../parts/send-dialog.tsx';
import { go, href } from '../../route.ts';
import { dayText as text } from '../../text/backups.ts';
import { sendText } from '../../text/remotes.ts';
import { type Backup, isWhole } from './backup.ts';
import { Condition, KeptUntil, MadeBy, Verdict } from './backup-cells.tsx';
import { DeleteDialog } from './backup-dialogs.tsx';
import type { Fates } from './use-fates.ts';

interface Props {
  day: Day | undefined;
  backups: readonly Backup[];
  fates: Fates;
}

type Asked = { dialog: 'drill' | 'send' | 'delete'; backup: Backup };

export function DayBackups({ day, backups, fates }: Props) {
  const [asked, setAsked] = useState<Asked>();
  const place = useRef<HTMLElement>(null);
  // On a narrow screen it is far below the day that was chosen.
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), [day]);
  if (!day) return <p class="hint">{text.choose}</p>;
  const close = () => setAsked(undefined);
  return (
    <section class="card" ref={place}>
      <h2>{text.title(longDay(day))}</h2>
      <List
        caption={text.title(longDay(day))}
        items={backups}
        keyOf={({ BackupId }) => BackupId}
        columns={[...columnsWith(fates), actions((dialog, backup) => setAsked({ dialog, backup }))]}
        empty={text.empty}
      />
      {asked?.dialog === 'drill' && <DrillDialog id={asked.backup.BackupId} onClose={close} />}
      {asked?.dialog === 'send' && <SendDialog id={asked.backup.BackupId} onClose={close} />}
      {asked?.dialog === 'delete' && <DeleteDialog backup={asked.backup} onClose={close} />}
    </section>
  );
}

const columnsWith = (fates: Fates): Column<Backup>[] => [
  {
    title: text.columns.id,
    cell: ({ BackupId, CreateTime }) => (
      <>
        <time dateTime={CreateTime} title={momentOf(CreateTime)}>
          {new Date(CreateTime).toLocaleTimeString('en-GB', { timeStyle: 'long' })}
        </time>{' '}
        <IdLink id={BackupId} />
      </>
    ),
  },
  {
    title: text.columns.state,
    cell: (backup) => <Condition of={backup} />,
  },
  { title: text.columns.by, cell: (backup) => <MadeBy backup={backup} /> },
  {
    title: text.columns.size,
    cell: ({ SizeGiB, ExclusiveBytes }) => (
      <>
        {SizeGiB} GiB
        {ExclusiveBytes !== undefined && (
          <span class="line hint">{text.alone(bytes(ExclusiveBytes))}</span>
        )}
      </>
    ),
  },
  {
    title: text.columns.until,
    cell: (backup) => <KeptUntil backup={backup} of={fates} />,
    isWide: true,
  },
  { title: text.columns.drill, cell: ({ LastDrill }) => <Verdict of={LastDrill} /> },
];

const actions = (ask: (dialog: Asked['dialog'], backup: Backup) => void) => ({
  title: text.columns.actions,
  cell: (backup: Backup) => (
    <span class="actions">
      <ActionButton
        because={!isWhole(backup) && text.notWhole}
        onClick={() => go(href(['backups', 'restore'], { backup: backup.BackupId }))}
      >
        {text.restore}
      </ActionButton>
      <ActionButton
        because={!isWhole(backup) && text.notWhole}
        onClick={() => ask('drill', backup)}
      >
        {text.drill}
      </ActionButton>
      <ActionButton because={!isWhole(backup) && text.notWhole} onClick={() => ask('send', backup)}>
        {sendText.ask}
      </ActionButton>
      <ActionButton
        kind="danger"
        because={backup.State === 'pending' && text.notWhole}
        onClick={() => ask('delete', backup)}
      >
        {text.delete}
      </ActionButton>
    </span>
  ),
});
