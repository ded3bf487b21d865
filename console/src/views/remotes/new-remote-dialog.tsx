/** A remote is named: where it is, with the key to use there, and what it is sent by itself. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import type { Input } from '../../api/wire.ts';
import { AccountField } from '../../parts/account-field.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { word } from '../../parts/aws-cli.ts';
import { Field, Lines } from '../../parts/field.tsx';
import { readTags } from '../../parts/read-tags.ts';
import { newRemoteText as text } from '../../text/remotes.ts';
import { KeyFields } from './key-fields.tsx';

const nothing = {
  ...{ name: '', endpoint: '', region: 'us-east-1', accessKeyId: '', secret: '' },
  ...{ authority: '', rate: '', tags: '', account: '' },
  isAws: false,
};
type Wanted = typeof nothing;

const mebibyte = 1024 ** 2;

function requestOf(wanted: Wanted): Input<'imago', 'CreateRemote'> {
  const { isAws, endpoint, authority, rate, tags, account } = wanted;
  return {
    Name: wanted.name,
    ...(!isAws && { Endpoint: endpoint.trim() }),
    Region: wanted.region.trim(),
    AccessKeyId: wanted.accessKeyId.trim(),
    SecretAccessKey: wanted.secret,
    ...(!isAws && authority.trim() && { CertificateAuthority: authority }),
    ...(rate && { BytesPerSecond: Math.round(Number(rate) * mebibyte) }),
    SendTags: readTags(tags),
    ...(account.trim() && { Account: account.trim() }),
  };
}

/** It takes the key out of a file, so that it is in no history of a shell. */
function commandOf({ name, isAws, endpoint, region, authority, rate, tags, account }: Wanted) {
  return [
    `bin/imago remotes add ${word(name)}`,
    ...(isAws ? [] : [`--endpoint ${word(endpoint)}`]),
    `--remote-region ${word(region)}`,
    '--credentials FILE',
    ...(!isAws && authority.trim() ? ['--certificate-authority FILE'] : []),
    ...(rate ? [`--rate ${word(rate)}MiB`] : []),
    ...readTags(tags).map(({ Key, Value }) => `--send ${word(`${Key}=${Value}`)}`),
    ...(account ? [`--for ${word(account)}`] : []),
  ].join(' \\\n  ');
}

export function NewRemoteDialog({ onClose }: { onClose(): void }) {
  const [wanted, setWanted] = useState(nothing);
  const create = useChange('imago', 'CreateRemote');
  const set = (name: keyof Wanted) => (value: string) =>
    setWanted((now) => ({ ...now, [name]: value }));
  const { isAws } = wanted;
  return (
    <ActionDialog
      title={text.title}
      action={text.add}
      command={commandOf(wanted)}
      run={() => create.mutateAsync(requestOf(wanted))}
      onClose={onClose}
    >
      <Field label={text.name} value={wanted.name} onText={set('name')} maxLength={63} required />
      <label class="field">
        <span>{text.where}</span>
        <select
          value={isAws ? 'aws' : 'imago'}
          onChange={({ currentTarget }) =>
            setWanted((now) => ({ ...now, isAws: currentTarget.value === 'aws' }))
          }
        >
          <option value="imago">{text.places.imago}</option>
          <option value="aws">{text.places.aws}</option>
        </select>
      </label>
      {!isAws && (
        <Field
          label={text.endpoint}
          hint={text.endpointHint}
          value={wanted.endpoint}
          onText={set('endpoint')}
          required
        />
      )}
      <Field label={text.region} value={wanted.region} onText={set('region')} required />
      <KeyFields wanted={wanted} set={set} />
      {!isAws && (
        <Lines
          label={text.authority}
          hint={text.authorityHint}
          value={wanted.authority}
          onText={set('authority')}
        />
      )}
      <Field
        label={text.rate}
        hint={text.rateHint}
        type="number"
        min={0.001}
        step="any"
        value={wanted.rate}
        onText={set('rate')}
      />
      <Lines
        label={text.tags}
        hint={text.tagsHint}
        rows={2}
        value={wanted.tags}
        onText={set('tags')}
      />
      <AccountField
        label={text.account}
        hint={text.accountHint}
        value={wanted.account}
        onText={set('account')}
        isOptional
      />
    </ActionDialog>
  );
}
