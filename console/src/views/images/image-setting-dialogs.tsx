/** The dialogs of an image's settings: description, watermarks, instance types, metadata service. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { settingsText as text } from '../../text/image.ts';
import type { Image } from './kinds.ts';

interface Props {
  image: Image;
  close(): void;
}

export function DescriptionDialog({ image: { ImageId = '', Description = '' }, close }: Props) {
  const [Value, setValue] = useState(Description);
  const modify = useChange('ec2', 'ModifyImageAttribute');
  const run = () => modify.mutateAsync({ ImageId, Description: { Value } });
  return (
    <ActionDialog title={text.description} action={text.save} run={run} onClose={close}>
      <Field label={text.descriptionIs} value={Value} onText={setValue} maxLength={255} />
    </ActionDialog>
  );
}

export function WatermarkDialog({ image: { ImageId = '' }, close }: Props) {
  const [WatermarkName, setName] = useState('');
  const attach = useChange('ec2', 'AttachImageWatermark');
  const run = () => attach.mutateAsync({ ImageId, WatermarkName });
  return (
    <ActionDialog title={text.attach} action={text.attachNow} run={run} onClose={close}>
      <p>{text.attachMeans}</p>
      <Field
        label={text.watermarkName}
        value={WatermarkName}
        onText={setName}
        required
        minLength={3}
        maxLength={128}
      />
    </ActionDialog>
  );
}

export function TypesDialog({ image, close }: Props) {
  const { ImageId = '', InstanceTypeSpecification: now } = image;
  const [supported, setSupported] = useState(wordsOf(now?.SupportedInstanceTypes));
  const [unsupported, setUnsupported] = useState(wordsOf(now?.UnsupportedInstanceTypes));
  const replace = useChange('ec2', 'ReplaceImageInstanceTypeSpecification');
  const run = () =>
    replace.mutateAsync({
      ImageId,
      InstanceTypeSpecification: {
        SupportedInstanceTypes: listOf(supported),
        UnsupportedInstanceTypes: listOf(unsupported),
      },
    });
  return (
    <ActionDialog title={text.types} action={text.save} run={run} onClose={close}>
      <p>{text.typesMean}</p>
      <Field label={text.supported} value={supported} onText={setSupported} />
      <Field
        label={text.unsupported}
        hint={text.typesHint}
        value={unsupported}
        onText={setUnsupported}
      />
    </ActionDialog>
  );
}

type Item = { InstanceType?: string };

export const wordsOf = (items: readonly Item[] = []) =>
  items.map(({ InstanceType }) => InstanceType).join(' ');

const listOf = (words: string) => words.split(/[\s,]+/).filter(Boolean);

export function ImdsDialog({ image: { ImageId = '' }, close }: Props) {
  const modify = useChange('ec2', 'ModifyImageAttribute');
  const run = () => modify.mutateAsync({ ImageId, ImdsSupport: { Value: 'v2.0' } });
  return (
    <ActionDialog title={text.imds} action={text.imdsNow} run={run} onClose={close}>
      <p>{text.imdsMeans}</p>
    </ActionDialog>
  );
}
