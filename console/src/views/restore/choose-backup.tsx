/** Which backup: of what, and the last one, the last before a moment, or one of the list. */
import { useEffect, useState } from 'preact/hooks';
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Field } from '../../parts/field.tsx';
import { FirstStep } from '../../parts/first-step.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { isSourceId, newestOfEach, SourceField, sourceTables } from '../../parts/source-field.tsx';
import { Time } from '../../parts/time.tsx';
import { href } from '../../route.ts';
import { backupsText } from '../../text/backups.ts';
import { restoreText as text } from '../../text/restore.ts';
import { Condition, Verdict } from '../backups/backup-cells.tsx';
import type { Wanted } from './request.ts';

type Backup = Output<'imago', 'ListBackups'>['Backups'][number];

interface Props {
  wanted: Wanted;
  change(part: Partial<Wanted>): void;
}

export function ChooseBackup({ wanted, change }: Props) {
  const { source, at } = wanted;
  const [typed, setTyped] = useState(source ?? '');
  // The address may have been changed by something else.
  useEffect(() => {
    if (source && source !== typed.trim()) setTyped(source);
  }, [source]);
  const say = (text: string) => {
    setTyped(text);
    const id = text.trim();
    if (isSourceId(id) && id !== source) change({ source: id, at: undefined });
  };
  return (
    <section class="card">
      <h2>{text.backups}</h2>
      <SourceField label={text.source} hint={text.sourceHint} value={typed} onText={say} />
      {source ? (
        <>
          <Moment key={source} at={at} change={change} />
          <OfIt source={source} change={change} />
        </>
      ) : (
        <FirstHint />
      )}
    </section>
  );
}

/** The same question as the field's, which is asked once. */
function FirstHint() {
  const asking = { tables: sourceTables } as const;
  const { data } = useAction('imago', 'ListBackups', newestOfEach, asking);
  if (!data || data.Backups.length > 0) return <p class="hint">{text.choose}</p>;
  return (
    <FirstStep says={text.nothing} command={backupsText.emptyCommand}>
      <a href={href(['policies'])}>{backupsText.toPolicies}</a>
    </FirstStep>
  );
}

function Moment({ at, change }: Pick<Props, 'change'> & { at: string | undefined }) {
  const [isBefore, setIsBefore] = useState(at !== undefined);
  return (
    <fieldset class="field">
      <legend>{text.backup}</legend>
      {[false, true].map((each) => (
        <label key={String(each)} class="check">
          <input
            type="radio"
            name="moment"
            checked={isBefore === each}
            onChange={() => {
              setIsBefore(each);
              if (!each) change({ at: undefined });
            }}
          />
          <span>{each ? text.lastAt : text.last}</span>
        </label>
      ))}
      {isBefore && (
        <Field
          label={text.at}
          type="datetime-local"
          value={at && localOf(new Date(at))}
          onText={(said) => said && change({ at: new Date(said).toISOString() })}
        />
      )}
    </fieldset>
  );
}

/** As the field has it, in the person's time zone. */
function localOf(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** Most want the last: the others are seen when they are asked for. */
const shownFirst = 5;
const pageSizeMax = 160;

function OfIt({ source, change }: Pick<Props, 'change'> & { source: string }) {
  const asking = { tables: ['images', 'snapshots'], pageSize: shownFirst, pageSizeMax } as const;
  const found = usePages('imago', 'ListBackups', { SourceId: source }, asking);
  return (
    <PagedList
      caption={text.named}
      found={found}
      itemsOf={({ Backups }) => Backups}
      keyOf={({ BackupId }) => BackupId}
      columns={[
        { title: text.when, cell: ({ CreateTime }: Backup) => <Time at={CreateTime} exact /> },
        { title: text.backup, cell: ({ BackupId }: Backup) => <IdLink id={BackupId} /> },
        { title: text.state, cell: (backup: Backup) => <Condition of={backup} /> },
        { title: text.drill, cell: ({ LastDrill }: Backup) => <Verdict of={LastDrill} /> },
        {
          title: text.named,
          cell: ({ BackupId }: Backup) => (
            <button
              type="button"
              aria-label={`${text.choosesOne} ${BackupId}`}
              onClick={() => change({ backup: BackupId, at: undefined })}
            >
              {text.choosesOne}
            </button>
          ),
        },
      ]}
      empty={text.noBackups}
    />
  );
}
