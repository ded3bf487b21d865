/** What is done to one volume: attached, detached, modified, captured, deleted. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Input } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { Check, Field } from '../../parts/field.tsx';
import { nameOf } from '../../parts/tags.tsx';
import { type Figures, FiguresFields, figureOf } from '../../parts/volume-figures.tsx';
import { go, href } from '../../route.ts';
import { volumesText as text } from '../../text/volumes.ts';
import { freeDevice } from './free-device.ts';
import type { Volume } from './volume-parts.tsx';

export interface DialogProps {
  volume: Volume;
  onClose(): void;
}

/** As many as one chooses from; of others the id is typed. */
const instancesShown = 100;

export function AttachDialog({ volume, onClose }: DialogProps) {
  const { VolumeId = '', AvailabilityZone = '' } = volume;
  const Filters = [
    { Name: 'availability-zone', Values: [AvailabilityZone] },
    { Name: 'instance-state-name', Values: ['running', 'stopped'] },
  ];
  const found = useAction(
    'ec2',
    'DescribeInstances',
    { Filters, MaxResults: instancesShown },
    { tables: ['instances', 'volumes'] },
  );
  const instances = found.data?.Reservations?.flatMap((each) => each.Instances ?? []) ?? [];
  const [instanceId, setInstanceId] = useState('');
  const [device, setDevice] = useState<string>();
  const instance = instances.find((each) => each.InstanceId === instanceId.trim());
  const taken = instance?.BlockDeviceMappings?.map(({ DeviceName = '' }) => DeviceName) ?? [];
  const Device = device ?? freeDevice(taken);
  const attach = useChange('ec2', 'AttachVolume');
  const input = { VolumeId, InstanceId: instanceId.trim(), Device };
  return (
    <ActionDialog
      title={text.attach.title(VolumeId)}
      action={text.attach.do}
      command={awsCli('ec2', 'AttachVolume', input)}
      run={() => attach.mutateAsync(input)}
      onClose={onClose}
    >
      <Field
        label={text.attach.instance}
        hint={text.attach.instanceHint(AvailabilityZone)}
        value={instanceId}
        list="instances"
        required
        placeholder="i-…"
        onText={setInstanceId}
      />
      <datalist id="instances">
        {instances.map(({ InstanceId, Tags, State }) => (
          <option key={InstanceId} value={InstanceId}>
            {nameOf(Tags)} {State?.Name}
          </option>
        ))}
      </datalist>
      <Field
        label={text.attach.device}
        hint={text.attach.deviceHint}
        value={Device}
        required
        onText={setDevice}
      />
    </ActionDialog>
  );
}

export function DetachDialog({ volume, onClose }: DialogProps) {
  const { VolumeId = '', Attachments: [attachment] = [] } = volume;
  const [Force, setForce] = useState(false);
  const detach = useChange('ec2', 'DetachVolume');
  return (
    <ActionDialog
      title={text.detach.title(VolumeId, attachment?.InstanceId ?? '')}
      action={text.detach.do}
      isDangerous={Force}
      command={awsCli('ec2', 'DetachVolume', { VolumeId, Force })}
      run={() => detach.mutateAsync({ VolumeId, Force })}
      onClose={onClose}
    >
      <p>{text.detach.means}</p>
      <Check
        label={text.detach.force}
        hint={text.detach.forceHint}
        checked={Force}
        onCheck={setForce}
      />
    </ActionDialog>
  );
}

export function ModifyDialog({ volume, onClose }: DialogProps) {
  const { VolumeId = '', Size = 1, VolumeType = 'gp3' } = volume;
  const [figures, setFigures] = useState<Figures>({
    size: String(Size),
    type: VolumeType,
    // What is shown may be no more than what the type has.
    iops: VolumeType.startsWith('io') ? String(volume.Iops ?? '') : '',
    throughput: '',
  });
  const modify = useChange('ec2', 'ModifyVolume');
  const input: Input<'ec2', 'ModifyVolume'> = {
    VolumeId,
    Size: figureOf(figures.size),
    VolumeType: figures.type as Input<'ec2', 'ModifyVolume'>['VolumeType'],
    Iops: figureOf(figures.iops),
    Throughput: figureOf(figures.throughput),
  };
  return (
    <ActionDialog
      title={text.modify.title(VolumeId)}
      action={text.modify.do}
      command={awsCli('ec2', 'ModifyVolume', input)}
      run={() => modify.mutateAsync(input)}
      onClose={onClose}
    >
      <FiguresFields
        value={figures}
        sizeMin={Size}
        sizeHint={text.modify.sizeHint}
        onChange={(part) => setFigures({ ...figures, ...part })}
      />
    </ActionDialog>
  );
}

export function SnapshotDialog({ volume, onClose }: DialogProps) {
  const { VolumeId = '' } = volume;
  const [Description, setDescription] = useState('');
  const create = useChange('ec2', 'CreateSnapshot');
  const input = { VolumeId, Description: Description || undefined };
  const run = async () => {
    const { SnapshotId = '' } = await create.mutateAsync(input);
    go(href(['snapshots', SnapshotId]));
  };
  return (
    <ActionDialog
      title={text.snapshotOf(VolumeId)}
      action={text.take}
      command={awsCli('ec2', 'CreateSnapshot', input)}
      run={run}
      onClose={onClose}
    >
      <Field label={text.description} value={Description} onText={setDescription} maxLength={255} />
    </ActionDialog>
  );
}

export function DeleteDialog({ volume, onClose }: DialogProps) {
  const { VolumeId = '' } = volume;
  const remove = useChange('ec2', 'DeleteVolume');
  return (
    <ActionDialog
      title={text.deleteTitle(VolumeId)}
      action={text.deleteNow}
      isDangerous
      command={awsCli('ec2', 'DeleteVolume', { VolumeId })}
      run={() => remove.mutateAsync({ VolumeId })}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}
