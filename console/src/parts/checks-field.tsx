/** What a drill is to look at, typed as YAML. */
import { useId } from 'preact/hooks';
import { checksFieldText as text } from '../text/drills.ts';

interface Props {
  value: string;
  hint: string;
  onText(text: string): void;
}

export function ChecksField({ value, hint, onText }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{text.label}</label>
      <textarea
        id={id}
        class="code"
        rows={10}
        spellcheck={false}
        placeholder={text.example}
        aria-describedby={`${id}-hint`}
        value={value}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      <small id={`${id}-hint`} class="hint">
        {hint}
      </small>
    </div>
  );
}
