/** A dialog in which what drills are to look at is typed as YAML: a mistake is told by its line. */
import { useId, useState } from 'preact/hooks';
import type { DrillLooks } from '../../../api/imago-drill-checks.ts';
import { checksFieldText as text } from '../text/drills.ts';
import { ActionDialog } from './action-dialog.tsx';

interface Props {
  title: string;
  means: string;
  /** What the button says, a verb. */
  action: string;
  hint: string;
  /** As it is so far. */
  before?: string;
  command(checks: string): string;
  run(looks: DrillLooks): Promise<unknown>;
  onClose(): void;
}

export function ChecksDialog(props: Props) {
  const { means, hint, before = '', command, run, ...dialog } = props;
  const id = useId();
  const [typed, setTyped] = useState(before);
  const read = async () => {
    // With its reader of YAML.
    const { readChecks } = await import('./drill-checks.ts');
    await run(readChecks(typed));
  };
  return (
    <ActionDialog {...dialog} wide command={command(typed)} run={read}>
      <p>{means}</p>
      <div class="field">
        <label for={id}>{text.label}</label>
        <textarea
          id={id}
          class="code"
          rows={10}
          spellcheck={false}
          placeholder={text.example}
          aria-describedby={`${id}-hint`}
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      </div>
    </ActionDialog>
  );
}
