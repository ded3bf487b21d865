/** Copies a volume as it is at one point in time, while it is used. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import type { Input } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { encryptionOf } from '../../parts/encryption-of.ts';
import { Field } from '../../parts/field.tsx';
import { KeyChoice } from '../../parts/key-choice.tsx';
import { type Figures, FiguresFields, figureOf } from '../../parts/volume-figures.tsx';
import { go, href } from '../../route.ts';
import { volumesText } from '../../text/volumes.ts';
import type { DialogProps } from './volume-dialogs.tsx';

const text = volumesText.copy;

export function CopyDialog({ volume, onClose }: DialogProps) {
  const { VolumeId = '', Size = 1 } = volume;
  const [figures, setFigures] = useState<Figures>({
    size: String(Size),
    type: 'gp3',
    iops: '',
    throughput: '',
  });
  const [name, setName] = useState('');
  const [key, setKey] = useState('');
  const copy = useChange('ec2', 'CopyVolumes');
  const Tags = [{ Key: 'Name', Value: name }];
  const input: Input<'ec2', 'CopyVolumes'> = {
    SourceVolumeId: VolumeId,
    Size: figureOf(figures.size),
    VolumeType: figures.type as Input<'ec2', 'CopyVolumes'>['VolumeType'],
    Iops: figureOf(figures.iops),
    Throughput: figureOf(figures.throughput),
    ...encryptionOf(key),
    TagSpecifications: name ? [{ ResourceType: 'volume', Tags }] : undefined,
  };
  const run = async () => {
    const { Volumes: [made] = [] } = await copy.mutateAsync(input);
    go(href(['volumes', made?.VolumeId ?? '']));
  };
  return (
    <ActionDialog
      title={text.title(VolumeId)}
      action={text.do}
      command={awsCli('ec2', 'CopyVolumes', input)}
      run={run}
      onClose={onClose}
    >
      <p>{text.means}</p>
      <FiguresFields
        value={figures}
        sizeMin={Size}
        onChange={(part) => setFigures({ ...figures, ...part })}
      />
      <KeyChoice value={key} onChoose={setKey} />
      <Field label={text.name} value={name} onText={setName} maxLength={256} />
    </ActionDialog>
  );
}
