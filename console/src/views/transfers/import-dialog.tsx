/** What a disk file is and what it shall become; the import goes on behind it, in this tab. */
import { useState } from 'preact/hooks';
import { useSession } from '../../api/session.tsx';
import { uploads } from '../../api/uploads.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { word } from '../../parts/aws-cli.ts';
import { encryptionOf } from '../../parts/encryption-of.ts';
import { Field } from '../../parts/field.tsx';
import { bytes } from '../../parts/format.ts';
import { KeyChoice } from '../../parts/key-choice.tsx';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { importDialogText as text } from '../../text/transfers.ts';
import { type Format, formatOfName, formats, imageNameOf } from './format-of-name.ts';

interface Props {
  file: File | undefined;
  makes: 'image' | 'snapshot';
  onClose(): void;
}

const boots = ['', 'legacy-bios', 'uefi', 'uefi-preferred'] as const;

export function ImportDialog({ file: dropped, makes: usual, onClose }: Props) {
  const { client, scope } = useSession();
  const [file, setFile] = useState(dropped);
  const [format, setFormat] = useState<Format | ''>(formatOfName(dropped?.name ?? '') ?? '');
  const [makes, setMakes] = useState(usual);
  const [name, setName] = useState(dropped ? imageNameOf(dropped.name) : '');
  const [description, setDescription] = useState('');
  const [bootMode, setBootMode] = useState('');
  const [key, setKey] = useState('');
  const isNamed = format !== 'OVA' && makes === 'image';
  const choose = (chosen: File | undefined) => {
    setFile(chosen);
    setFormat(formatOfName(chosen?.name ?? '') ?? '');
    if (chosen) setName(imageNameOf(chosen.name));
  };
  const run = async () => {
    if (!file) throw new Error(text.noFile);
    const image = { name, bootMode: bootMode || undefined, architecture: 'x86_64' };
    const order = {
      ...{ file, format, description },
      encryption: encryptionOf(key),
      ...(isNamed && { image }),
    };
    await uploads.begin({ client, scope }, order);
    go(href(['transfers']));
  };
  return (
    <ActionDialog
      title={text.title}
      action={text.do}
      command={
        isNamed && file ? commandOf({ file: file.name, format, name, bootMode, key }) : undefined
      }
      run={run}
      onClose={onClose}
    >
      <Field
        label={dropped ? text.another : text.file}
        hint={text.fileHint}
        type="file"
        required={!file}
        onChange={({ currentTarget }) => choose(currentTarget.files?.[0] ?? dropped)}
      />
      {file && <p>{text.chosen(file.name, bytes(file.size))}</p>}
      <label class="field">
        <span>{text.format}</span>
        <select
          required
          value={format}
          onChange={({ currentTarget }) => setFormat(currentTarget.value as Format)}
        >
          <option value="">{common.choose}</option>
          {formats.map((each) => (
            <option key={each} value={each}>
              {text.formats[each]}
            </option>
          ))}
        </select>
        <small class="hint">{text.formatHint}</small>
      </label>
      {format !== 'OVA' && (
        <fieldset class="field">
          <legend>{text.makes}</legend>
          {(['image', 'snapshot'] as const).map((each) => (
            <label key={each} class="check">
              <input
                type="radio"
                name="makes"
                checked={makes === each}
                onChange={() => setMakes(each)}
              />
              <span>{text[each]}</span>
            </label>
          ))}
        </fieldset>
      )}
      {isNamed && (
        <>
          <Field label={text.name} value={name} onText={setName} required maxLength={128} />
          <label class="field">
            <span>{text.boot}</span>
            <select
              value={bootMode}
              onChange={({ currentTarget }) => setBootMode(currentTarget.value)}
            >
              {boots.map((each) => (
                <option key={each} value={each}>
                  {text.boots[each]}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
      <KeyChoice value={key} onChoose={setKey} />
      <Field label={text.description} value={description} onText={setDescription} maxLength={255} />
    </ActionDialog>
  );
}

type CommandPart = 'file' | 'format' | 'name' | 'bootMode' | 'key';

/** The same by Imago's own command: aws-cli sends no files. */
function commandOf({ file, format, name, bootMode, key }: Record<CommandPart, string>): string {
  const { Encrypted: isEncrypted, KmsKeyId: keyId } = encryptionOf(key);
  return [
    `bin/imago images import ${word(file.startsWith('-') ? `./${file}` : file)}`,
    `--format ${format.toLowerCase() || 'raw'}`,
    `--name ${word(name)}`,
    ...(bootMode ? [`--boot-mode ${bootMode}`] : []),
    ...(keyId ? [`--kms-key-id ${word(keyId)}`] : []),
    ...(isEncrypted && !keyId ? ['--encrypted'] : []),
  ].join(' \\\n  ');
}
