/** A copy of an image, here or in another region, encrypted where that is wanted. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { CopyDestinationFields, useCopyDestination } from '../../parts/copy-destination.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { actionsText as text } from '../../text/image.ts';
import type { DialogProps } from './kinds.ts';

export function CopyDialog({ image: { ImageId = '', Name }, close }: DialogProps) {
  const [name, setName] = useState(`${Name}-copy`);
  const [withTags, setWithTags] = useState(true);
  const to = useCopyDestination();
  const copy = useChange('ec2', 'CopyImage', to.region);
  const input = { SourceImageId: ImageId, Name: name, CopyImageTags: withTags, ...to.members };
  const run = async () => {
    const { ImageId: id = '' } = await copy.mutateAsync(input);
    to.show(['images', id]);
  };
  return (
    <ActionDialog
      title={text.copyTitle(ImageId)}
      action={text.copy}
      command={awsCli('ec2', 'CopyImage', input, to.elsewhere)}
      run={run}
      onClose={close}
    >
      <Field label={text.name} value={name} onText={setName} required />
      <CopyDestinationFields label={text.toRegion} to={to} />
      <Check label={text.withTags} checked={withTags} onCheck={setWithTags} />
    </ActionDialog>
  );
}
