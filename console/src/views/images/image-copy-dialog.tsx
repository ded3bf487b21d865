/** A copy of an image, here or in another region, encrypted where that is wanted. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { encryptionOf } from '../../parts/encryption-of.ts';
import { Check, Field } from '../../parts/field.tsx';
import { KeyChoice } from '../../parts/key-choice.tsx';
import { go, href } from '../../route.ts';
import { actionsText as text } from '../../text/image.ts';
import type { DialogProps } from './kinds.ts';

export function CopyDialog({ image: { ImageId = '', Name }, close }: DialogProps) {
  const { profile, switchRegion } = useSession();
  const [name, setName] = useState(`${Name}-copy`);
  const [withTags, setWithTags] = useState(true);
  const [region, setRegion] = useState(profile.region);
  const [key, setKey] = useState('');
  const copy = useChange('ec2', 'CopyImage', region);
  const input = {
    SourceImageId: ImageId,
    SourceRegion: profile.region,
    Name: name,
    CopyImageTags: withTags,
    ...encryptionOf(key),
  };
  const run = async () => {
    const { ImageId: id = '' } = await copy.mutateAsync(input);
    if (region !== profile.region) switchRegion(region);
    go(href(['images', id]));
  };
  const to = (other: string) => {
    setRegion(other);
    setKey('');
  };
  const elsewhere = region === profile.region ? undefined : region;
  return (
    <ActionDialog
      title={text.copyTitle(ImageId)}
      action={text.copy}
      command={awsCli('ec2', 'CopyImage', input, elsewhere)}
      run={run}
      onClose={close}
    >
      <Field label={text.name} value={name} onText={setName} required />
      <label class="field">
        <span>{text.toRegion}</span>
        <select value={region} onChange={({ currentTarget }) => to(currentTarget.value)}>
          {profile.regions.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <KeyChoice value={key} region={region} onChoose={setKey} />
      <Check label={text.withTags} checked={withTags} onCheck={setWithTags} />
    </ActionDialog>
  );
}
