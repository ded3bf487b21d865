/** Makes a volume: empty, or of a snapshot. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../api/queries.ts';
import type { Input } from '../api/wire.ts';
import { go, href } from '../route.ts';
import { volumesText } from '../text/volumes.ts';
import { ActionDialog } from './action-dialog.tsx';
import { Field } from './field.tsx';
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
  const zones = useAction('ec2', 'DescribeAvailabilityZones', {}, { tables: [] });
  const names = zones.data?.AvailabilityZones?.map(({ ZoneName = '' }) => ZoneName) ?? [];
  const create = useChange('ec2', 'CreateVolume');
  const run = async () => {
    const Tags = [{ Key: 'Name', Value: name }];
    const { VolumeId = '' } = await create.mutateAsync({
      AvailabilityZone: zone || names[0],
      Size: figureOf(figures.size),
      VolumeType: figures.type as Input<'ec2', 'CreateVolume'>['VolumeType'],
      Iops: figureOf(figures.iops),
      Throughput: figureOf(figures.throughput),
      SnapshotId: snapshot.trim() || undefined,
      TagSpecifications: name ? [{ ResourceType: 'volume', Tags }] : undefined,
    });
    go(href(['volumes', VolumeId]));
  };
  return (
    <ActionDialog title={text.title} action={text.make} run={run} onClose={onClose}>
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
