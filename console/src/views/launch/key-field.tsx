/** The key pair to log in with, one of the account's or one that is made here. */
import { useId, useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { launchText as text } from '../../text/launch.ts';
import { NewKeyDialog } from './new-key-dialog.tsx';

interface Props {
  value: string;
  onChange(keyName: string): void;
}

export function KeyField({ value, onChange }: Props) {
  const id = useId();
  const [isMade, setIsMade] = useState(false);
  const found = useAction('ec2', 'DescribeKeyPairs', {}, { tables: ['keyPairs'] });
  return (
    <div class="field">
      <label for={id}>{text.key}</label>
      <span class="chosen">
        <select
          id={id}
          value={value}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        >
          <option value="">{text.noKey}</option>
          {found.data?.KeyPairs?.map(({ KeyName }) => (
            <option key={KeyName}>{KeyName}</option>
          ))}
        </select>
        <button type="button" onClick={() => setIsMade(true)}>
          {text.newKey}
        </button>
      </span>
      {isMade && <NewKeyDialog onMade={onChange} onClose={() => setIsMade(false)} />}
    </div>
  );
}
