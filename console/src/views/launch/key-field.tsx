/** The key pair to log in with, one of the account's or one that is made here. */
import { useId, useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { withChosen } from '../../parts/with-chosen.ts';
import { launchText as text } from '../../text/launch.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';

interface Props {
  value: string;
  /** What empty means. */
  empty?: string;
  hint?: string;
  onChange(keyName: string): void;
}

export function KeyField({ value, empty = text.noKey, hint, onChange }: Props) {
  const id = useId();
  const [isMade, setIsMade] = useState(false);
  const found = useAction('ec2', 'DescribeKeyPairs', {}, { tables: ['keyPairs'] });
  const names = found.data?.KeyPairs?.map(({ KeyName = '' }) => KeyName) ?? [];
  return (
    <div class="field">
      <label for={id}>{text.key}</label>
      <span class="chosen">
        <select
          id={id}
          value={value}
          aria-describedby={hint && `${id}-hint`}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        >
          <option value="">{empty}</option>
          {withChosen(names, value).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button type="button" onClick={() => setIsMade(true)}>
          {text.newKey}
        </button>
      </span>
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
      {isMade && <NewKeyDialog onMade={onChange} onClose={() => setIsMade(false)} />}
    </div>
  );
}
