/** Makes a volume: empty, or of a snapshot. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../api/queries.ts';
import type { Input } from '../api/wire.ts';
import { go, href } from '../route.ts';
import { volumesText } from '../text/volumes.ts';
import { ActionDialog } from './action-dialog.tsx';
import { awsCli } from './aws-cli.ts';
import { encryptionOf } from './encryption-of.ts';
import { Field } from './field.tsx';
import { KeyChoice } from './key-choice.tsx';
import { type Figures, FiguresFields, figureOf } from './volume-figures.tsx';

const text = volumesText.create;

interface Props {
  /** Of which it is made, where that is known. */
  of?: { id: string; sizeGiB: number };
  onClose(): void;
}

export function CreateVolumeDialog({ of, onClose }: Props) {
  const [figures, setFigures] = useState<Figures>({
    size: String(of?.sizeGiB ?? 10),
    type: 'gp3',
    iops: '',
    throughput: '',
  });
  const [snapshot, setSnapshot] = useState(of?.id ?? '');
  const [name, setName] = useState('');
  const [zone, setZone] = useState('');
  const [key, setKey] = useState('');
  const zones = useAction('ec2', 'DescribeAvailabilityZones', {}, { tables: [] });
  const names = zones.data?.AvailabilityZones?.map(({ ZoneName = '' }) => ZoneName) ?? [];
  const create = useChange('ec2', 'CreateVolume');
  const Tags = [{ Key: 'Name', Value: name }];
  const input: Input<'ec2', 'CreateVolume'> = {
    AvailabilityZone: zone || names[0],
    Size: figureOf(figures.size),
    VolumeType: figures.type as Input<'ec2', 'CreateVolume'>['VolumeType'],
    Iops: figureOf(figures.iops),
    Throughput: figureOf(figures.throughput),
    SnapshotId: snapshot.trim() || undefined,
    ...encryptionOf(key),
    TagSpecifications: name ? [{ ResourceType: 'volume', Tags }] : undefined,
  };
  const run = async () => {
    const { VolumeId = '' } = await create.mutateAsync(input);
    go(href(['volumes', VolumeId]));
  };
  return (
    <ActionDialog
      title={text.title}
      action={text.make}
      command={awsCli('ec2', 'CreateVolume', input)}
      run={run}
      onClose={onClose}
    >
      <FiguresFields
        value={figures}
        sizeMin={of?.sizeGiB}
        sizeHint={text.sizeHint}
        onChange={(part) => setFigures({ ...figures, ...part })}
      />
      <Field
        label={text.snapshot}
        hint={text.snapshotHint}
        value={snapshot}
        placeholder="snap-…"
        onText={setSnapshot}
      />
      <KeyChoice value={key} onChoose={setKey} />
      {names.length > 1 && (
        <label class="field">
          <span>{text.zone}</span>
          <select value={zone} onChange={({ currentTarget }) => setZone(currentTarget.value)}>
            {names.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <Field label={text.name} value={name} onText={setName} maxLength={256} />
    </ActionDialog>
  );
}
