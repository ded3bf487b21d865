/** A labelled field of a form; the hint belongs to it for those who hear the page. */
import type { InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onInput'> {
  label: string;
  hint?: string;
  onText?(text: string): void;
}

export function Field({ label, hint, onText, ...input }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={({ currentTarget }) => onText?.(currentTarget.value)}
        {...input}
      />
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
    </div>
  );
}

interface CheckProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onCheck(checked: boolean): void;
}

export function Check({ label, hint, checked, disabled, onCheck }: CheckProps) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ currentTarget }) => onCheck(currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
    </div>
  );
}

interface LinesProps {
  label: string;
  hint?: string;
  rows?: number;
  placeholder?: string;
  value: string;
  onText(text: string): void;
}

/** Of several lines, such as a tag each. */
export function Lines({ label, hint, rows = 3, placeholder, value, onText }: LinesProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea
        class="code"
        rows={rows}
        placeholder={placeholder}
        value={value}
        spellcheck={false}
        onInput={({ currentTarget }) => onText(currentTarget.value)}
      />
      {hint && <small class="hint">{hint}</small>}
    </label>
  );
}
