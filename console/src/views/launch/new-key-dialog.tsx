/** A key pair that is made here: the person gets the private half, the server the public one. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { launchText as text } from '../../text/launch.ts';
import { newKey } from './new-key.ts';

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
