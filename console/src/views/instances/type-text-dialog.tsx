/** A text for the machine's keyboard: typed or pasted here, and pressed there key by key. */
import { useId, useState } from 'preact/hooks';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { screenText as text } from '../../text/instance.ts';
import { type Press, pressesOf } from './typed-text.ts';

/** Minutes, at the pace that a machine takes keys. */
const maxLength = 4096;
const lines = 6;

interface Props {
  press(presses: readonly Press[]): Promise<void>;
  onClose(): void;
}

export function TypeTextDialog({ press, onClose }: Props) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const { presses, without } = pressesOf(typed);
  const run = async () => {
    if (without.length > 0) throw new Error(text.withoutKey(without.join(' ')));
    await press(presses);
  };
  return (
    <ActionDialog title={text.typeTitle} action={text.typeNow} run={run} onClose={onClose}>
      <div class="field">
        <label for={id}>{text.typed}</label>
        <textarea
          id={id}
          rows={lines}
          spellcheck={false}
          maxLength={maxLength}
          required
          aria-describedby={`${id}-hint`}
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <small id={`${id}-hint`} class="hint">
          {text.typedHint}
        </small>
      </div>
    </ActionDialog>
  );
}
