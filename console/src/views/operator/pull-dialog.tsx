/** Pulls a vendor's image: from a mirror where one likes, verified by a keyring where none is here. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { vendorText as text } from '../../text/operator.ts';

interface Props {
  name: string;
  /** There is none on the machine. */
  needsKeyring: boolean;
  onBegun(task: string): void;
  onClose(): void;
}

export function PullDialog({ name, needsKeyring, onBegun, onClose }: Props) {
  const [From, setFrom] = useState('');
  const [keyring, setKeyring] = useState<File>();
  const pull = useChange('imago', 'PullImage');
  const run = async () => {
    const { TaskId } = await pull.mutateAsync({
      Name: name,
      From: From || undefined,
      Keyring: keyring && (await base64Of(keyring)),
    });
    onBegun(TaskId);
  };
  return (
    <ActionDialog title={text.pullTitle(name)} action={text.pullNow} run={run} onClose={onClose}>
      <Field label={text.from} hint={text.fromHint} type="url" value={From} onText={setFrom} />
      <label class="field">
        <span>{text.keyring}</span>
        <input
          type="file"
          required={needsKeyring}
          onChange={({ currentTarget }) => setKeyring(currentTarget.files?.[0])}
        />
        <small class="hint">{text.keyringHint}</small>
      </label>
    </ActionDialog>
  );
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
