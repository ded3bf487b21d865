/** Publishes an image: as a new product, or as a version of one that is there. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { marketText as text } from '../../text/market.ts';

interface Props {
  /** Of the product; empty for a new one. */
  code: string;
  onPublished(published: Output<'imago', 'PublishProduct'>): void;
  onClose(): void;
}

const nothing = {
  ImageId: '',
  Title: '',
  Description: '',
  Price: '',
  Terms: '',
  Version: '',
};

export function PublishDialog({ code, onPublished, onClose }: Props) {
  const [wanted, setWanted] = useState({ ...nothing, ProductCode: code });
  const publish = useChange('imago', 'PublishProduct');
  const run = async () => {
    const given = Object.entries(wanted).filter(([, value]) => value !== '');
    const input = { ImageId: wanted.ImageId, ...Object.fromEntries(given) };
    onPublished(await publish.mutateAsync(input));
  };
  const set = (name: keyof typeof wanted) => (value: string) =>
    setWanted((now) => ({ ...now, [name]: value }));
  const field = (name: keyof typeof wanted, required = false) => (
    <Field label={text.fields[name]} value={wanted[name]} onText={set(name)} required={required} />
  );
  return (
    <ActionDialog
      title={code ? text.newVersion : text.publish}
      action={text.publishNow}
      run={run}
      onClose={onClose}
    >
      <p>{text.publishMeans}</p>
      {code && <p>{text.versionMeans}</p>}
      {field('ImageId', true)}
      {!code && field('ProductCode')}
      {field('Title', code === '')}
      {field('Version')}
      {field('Description')}
      {field('Price')}
      <label class="field">
        <span>{text.fields.Terms}</span>
        <textarea
          rows={4}
          value={wanted.Terms}
          onInput={({ currentTarget }) => set('Terms')(currentTarget.value)}
        />
      </label>
    </ActionDialog>
  );
}
