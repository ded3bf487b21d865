/**
 * The restore assistant: which backup, and what comes back of it. All that is chosen is in the
 * address (`#/backups/restore?source=i-…&what=machine`), so that other views begin it where they are.
 */
import { useAction } from '../../api/queries.ts';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { ask, href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { restoreText as text } from '../../text/restore.ts';
import { Condition, Verdict } from '../backups/backup-cells.tsx';
import { ChooseBackup } from './choose-backup.tsx';
import { type Form, forms, queryOf, type Wanted, wantedOf } from './request.ts';
import { RestoreFiles } from './restore-files.tsx';
import { RestoreMachine } from './restore-machine.tsx';
import { RestoreVolume } from './restore-volume.tsx';

export function RestoreView({ route }: { route: Route }) {
  const wanted = wantedOf(route);
  const change = (part: Partial<Wanted>) => ask(route, queryOf({ ...wanted, ...part }));
  return (
    <>
      <p class="back">
        <a href={href(['backups'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <p class="hint">{text.means}</p>
      {wanted.backup ? (
        <OfBackup id={wanted.backup} wanted={wanted} change={change} />
      ) : (
        <>
          <ChooseBackup wanted={wanted} change={change} />
          {wanted.source && <OfSource wanted={wanted} change={change} />}
        </>
      )}
    </>
  );
}

interface PartProps {
  wanted: Wanted;
  change(part: Partial<Wanted>): void;
}

/** One that is named: what it has is known. */
function OfBackup({ id, wanted, change }: PartProps & { id: string }) {
  const asking = { tables: ['images', 'snapshots'] } as const;
  const found = useAction('imago', 'DescribeBackup', { BackupId: id }, asking);
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const { Backup: backup, Volumes } = found.data;
  const why = (form: Form) => form === 'machine' && !hasMachine(backup) && text.notOfVolume;
  const form = why(wanted.form) ? 'volume' : wanted.form;
  const props = { wanted: { ...wanted, form }, change };
  return (
    <>
      <section class="card">
        <h2>{text.chosen}</h2>
        <Facts
          of={[
            [text.backup, <IdLink key="id" id={backup.BackupId} />],
            [text.of, <IdLink key="of" id={backup.InstanceId ?? backup.SourceId} />],
            [text.when, <Time key="when" at={backup.CreateTime} exact />],
            [text.state, <Condition key="state" of={backup} />],
            [text.drill, <Verdict key="drill" of={backup.LastDrill} />],
            ...partOf(backup),
          ]}
        />
        <div class="actions">
          <button
            type="button"
            onClick={() =>
              change({ backup: undefined, source: backup.InstanceId ?? backup.SourceId })
            }
          >
            {text.chooseOther}
          </button>
        </div>
      </section>
      <What {...props} why={why} />
      {form === 'volume' && <RestoreVolume key={id} {...props} volumes={Volumes} />}
      {form === 'files' && <RestoreFiles key={id} {...props} id={id} />}
      {(form === 'machine' || form === 'place') && <RestoreMachine key={form} {...props} />}
    </>
  );
}

/** Of snapshots that were taken together that of the boot disk is the machine. */
function partOf({ BackupId, SetId }: { BackupId: string; SetId?: string }) {
  if (SetId === undefined || SetId === BackupId) return [];
  const whole = href(['backups', 'restore'], { backup: SetId });
  return [
    [
      text.partOf,
      <a key="set" href={whole}>
        <code>{SetId}</code>
      </a>,
    ],
  ] as const;
}

/** An image without a record is launched all the same. */
const hasMachine = ({ Kind, HasMachine }: { Kind: string; HasMachine: boolean }) =>
  Kind === 'image' || HasMachine;

/** The last one of it, whichever that is. */
function OfSource({ wanted, change }: PartProps) {
  const isVolume = wanted.source?.startsWith('vol-') === true;
  const why = (form: Form) => isVolume && form !== 'volume' && text.notOfVolume;
  const form = why(wanted.form) || wanted.form === 'files' ? 'volume' : wanted.form;
  const props = { wanted: { ...wanted, form }, change };
  return (
    <>
      <What {...props} why={why} />
      {form === 'volume' ? (
        <RestoreVolume key={wanted.source} {...props} volumes={undefined} />
      ) : (
        <RestoreMachine key={`${form} ${wanted.source}`} {...props} />
      )}
    </>
  );
}

function What({ wanted, change, why }: PartProps & { why(form: Form): string | false }) {
  const shown = forms.filter((form) => form !== 'files' || wanted.backup);
  return (
    <section class="card">
      <fieldset class="field">
        <legend>{text.what}</legend>
        {shown.map((form) => (
          <label key={form} class="check">
            <input
              type="radio"
              name="what"
              disabled={Boolean(why(form))}
              checked={form === wanted.form}
              onChange={() => change({ form })}
            />
            <span>
              {text.forms[form]}
              {why(form) && <span class="line hint">{why(form)}</span>}
            </span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}
