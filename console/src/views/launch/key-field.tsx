/** The key pair to log in with, one of the account's or one that is made here. */
import { useId, useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { launchText as text } from '../../text/launch.ts';
import { newKey } from './new-key.ts';

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

interface DialogProps {
  onMade(keyName: string): void;
  onClose(): void;
}

export function NewKeyDialog({ onMade, onClose }: DialogProps) {
  const [name, setName] = useState('');
  const send = useChange('ec2', 'ImportKeyPair');
  const run = async () => {
    const { privatePem, publicLine } = await newKey(name);
    await send.mutateAsync({ KeyName: name, PublicKeyMaterial: btoa(publicLine) });
    saveFile(`${name}.pem`, privatePem);
    onMade(name);
  };
  return (
    <ActionDialog title={text.newKey} action={text.makeKey} run={run} onClose={onClose}>
      <p>{text.newKeyMeans}</p>
      <Field label={text.keyName} value={name} onText={setName} required pattern="[\x20-\x7e]+" />
    </ActionDialog>
  );
}
