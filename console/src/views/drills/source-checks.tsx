/** What is said of when a machine or a volume is well: shown as it is typed, changed and deleted. */
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/client.ts';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { word } from '../../parts/aws-cli.ts';
import { ChecksDialog } from '../../parts/checks-dialog.tsx';
import { checksAsText } from '../../parts/drill-checks.ts';
import { putChecksCommand } from '../../parts/drill-command.ts';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { drillDialogText, sourceChecksText as text } from '../../text/drills.ts';

interface Props {
  /** Of an instance or a volume. */
  id: string;
}

export function SourceChecks({ id }: Props) {
  const [asked, setAsked] = useState<'edit' | 'delete'>();
  const asking = { tables: ['drillChecks'] } as const;
  const found = useAction('imago', 'DescribeDrillChecks', { SourceId: id }, asking);
  // That nothing is said is told as an error; what was found before is gone then.
  const isUnsaid = isAboutNone(found.error);
  const said = isUnsaid ? undefined : found.data?.DrillChecks[0];
  const typed = said && checksAsText(said);
  const close = () => setAsked(undefined);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      {!found.data && !found.error && <p class="loading">{common.loading}</p>}
      {found.error && !isUnsaid && <Problem error={found.error} retry={found.refetch} />}
      {isUnsaid && <p>{text.none}</p>}
      {said && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
          <pre tabIndex={0}>{typed}</pre>
          <p class="hint">
            {text.since} <Time at={said.PutTime} />
          </p>
        </>
      )}
      {(said || isUnsaid) && (
        <span class="actions">
          <button type="button" onClick={() => setAsked('edit')}>
            {said ? text.edit : text.say}
          </button>
          {said && (
            <button type="button" class="danger" onClick={() => setAsked('delete')}>
              {text.delete}
            </button>
          )}
        </span>
      )}
      {asked === 'edit' && <EditDialog id={id} before={typed ?? ''} onClose={close} />}
      {asked === 'delete' && <DeleteDialog id={id} onClose={close} />}
    </section>
  );
}

const isAboutNone = (error: unknown) =>
  error instanceof ApiError && error.code === 'ResourceNotFoundException';

interface DialogProps extends Props {
  onClose(): void;
}

function EditDialog({ id, before, onClose }: DialogProps & { before: string }) {
  const put = useChange('imago', 'PutDrillChecks');
  return (
    <ChecksDialog
      title={text.dialogTitle(id)}
      means={text.means}
      action={text.save}
      hint={drillDialogText.kinds}
      before={before}
      command={(checks) => putChecksCommand(id, checks)}
      run={(looks) => put.mutateAsync({ SourceId: id, ...looks })}
      onClose={onClose}
    />
  );
}

function DeleteDialog({ id, onClose }: DialogProps) {
  const remove = useChange('imago', 'DeleteDrillChecks');
  return (
    <ActionDialog
      title={text.deleteTitle(id)}
      action={text.deleteNow}
      isDangerous
      command={`bin/imago drill checks delete ${word(id)}`}
      run={() => remove.mutateAsync({ SourceId: id })}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}
