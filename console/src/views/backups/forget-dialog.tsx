/** Restic's rules for the backups of one source: what becomes of each is seen before it is done. */
import { useRef, useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { KeepRuleFields } from '../../parts/keep-rule-fields.tsx';
import { forgetCommand, hasRule, keepOf, rulesOf } from '../../parts/keep-rules.ts';
import { List } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { useRested } from '../../parts/use-rested.ts';
import { forgetText as text } from '../../text/backups.ts';

type Told = Output<'imago', 'ForgetBackups'>['Backups'];

export function ForgetDialog({ id, onClose }: { id: string; onClose(): void }) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [rules, setRules] = useState(() => rulesOf({ Timezone: zone }));
  const [told, setTold] = useState<Told>();
  /** The form is done with, and what became of each is seen instead. */
  const isDone = useRef(false);
  const change = (part: Partial<typeof rules>) => setRules((now) => ({ ...now, ...part }));
  const forget = useChange('imago', 'ForgetBackups');
  const rested = useRested(rules);
  const preview = useAction(
    'imago',
    'ForgetBackups',
    { SourceId: id, ...keepOf(rested), Preview: true },
    { tables: ['images', 'snapshots'], enabled: hasRule(rested) },
  );
  if (told) {
    return (
      <Dialog title={text.title(id)} onClose={onClose} wide>
        <Fates of={told} />
      </Dialog>
    );
  }
  const keep = keepOf(rules);
  const seen = hasRule(rested) ? preview.data?.Backups : undefined;
  const run = async () => {
    const { Backups } = await forget.mutateAsync({ SourceId: id, ...keep });
    isDone.current = true;
    setTold(Backups);
  };
  const goes = count(seen, 'removed');
  return (
    <ActionDialog
      title={text.title(id)}
      action={goes > 0 ? text.forget(goes) : text.nothing}
      isDangerous={goes > 0}
      wide
      command={forgetCommand(id, keep)}
      run={run}
      onClose={() => !isDone.current && onClose()}
    >
      <p>{text.means}</p>
      <KeepRuleFields rules={rules} onChange={change} />
      {hasRule(rules) ? (
        <Fates of={seen} error={preview.error} />
      ) : (
        <p class="hint">{text.sayRule}</p>
      )}
    </ActionDialog>
  );
}

const count = (told: Told | undefined, fate: Told[number]['Fate']) =>
  told?.filter(({ Fate }) => Fate === fate).length ?? 0;

const tones = { kept: 'good', removed: 'bad', refused: 'busy' } as const;

function Fates({ of, error }: { of: Told | undefined; error?: unknown }) {
  return (
    <>
      {of && of.length > 0 && (
        <p role="status">
          {text.sums(count(of, 'kept'), count(of, 'removed'), count(of, 'refused'))}
        </p>
      )}
      <List
        caption={text.preview}
        items={of}
        error={error}
        keyOf={({ BackupId }) => BackupId}
        columns={[
          {
            title: text.columns.fate,
            cell: ({ Fate }) => <Mark tone={tones[Fate]}>{text.fates[Fate] ?? Fate}</Mark>,
          },
          { title: text.columns.backup, cell: ({ BackupId }) => <IdLink id={BackupId} /> },
          { title: text.columns.made, cell: ({ CreateTime }) => <Time at={CreateTime} /> },
          {
            title: text.columns.why,
            cell: ({ Reasons, Problem }) => Problem ?? Reasons.join(', '),
          },
        ]}
        empty={text.empty}
      />
    </>
  );
}
