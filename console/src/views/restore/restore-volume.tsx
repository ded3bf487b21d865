/** One volume of a backup, for a machine that is there. */
import { useId, useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { AsCommand } from '../../parts/as-command.tsx';
import { Field } from '../../parts/field.tsx';
import { forgetting } from '../../parts/forgetting.ts';
import { Problem } from '../../parts/problem.tsx';
import { nameOf } from '../../parts/tags.tsx';
import { useClientToken } from '../../parts/use-client-token.ts';
import { restoreText as text } from '../../text/restore.ts';
import { commandOf, volumeRequest, type Wanted } from './request.ts';
import { RestoredVolume } from './restored.tsx';

interface Props {
  wanted: Wanted;
  change(part: Partial<Wanted>): void;
  /** Not known where the backup is not named. */
  volumes: Output<'imago', 'DescribeBackup'>['Volumes'] | undefined;
}

const offered = 100;
const instance = /^i-[0-9a-f]+$/;

export function RestoreVolume({ wanted, change, volumes }: Props) {
  const [to, setTo] = useState(wanted.to ?? '');
  const [attachAs, setAttachAs] = useState(wanted.attachAs ?? '');
  const listId = useId();
  const restore = useChange('imago', 'RestoreVolume');
  const asked = { ...wanted, to: to.trim(), attachAs: attachAs.trim() || undefined };
  const isSaid = instance.test(asked.to);
  const request = volumeRequest(asked);
  const ClientToken = useClientToken(request);
  // What was made is of what was asked for then.
  const made = restore.variables?.ClientToken === ClientToken ? restore.data : undefined;
  const submit = (event: Event) => {
    event.preventDefault();
    restore.mutate({ ...request, ClientToken });
  };
  return (
    <section class="card">
      <h2>{text.forms.volume}</h2>
      <form onSubmit={submit} {...forgetting(restore.isError && restore.reset)}>
        {volumes?.some(({ DeviceName }) => DeviceName) && (
          <Device volumes={volumes} wanted={wanted} change={change} />
        )}
        {!volumes && !wanted.source?.startsWith('vol-') && (
          <Field
            label={text.device}
            hint={text.deviceHint}
            value={wanted.device ?? ''}
            onText={(device) => change({ device })}
          />
        )}
        <Field
          label={text.to}
          hint={text.toHint}
          value={to}
          onText={setTo}
          required
          list={listId}
          spellcheck={false}
          autocomplete="off"
        />
        <Machines id={listId} />
        <Field label={text.attachAs} hint={text.attachHint} value={attachAs} onText={setAttachAs} />
        {restore.error && <Problem error={restore.error} />}
        {made ? (
          <RestoredVolume id={made.VolumeId} backup={made.BackupId} />
        ) : (
          <div class="actions">
            <button type="submit" class="main" disabled={!isSaid || restore.isPending}>
              {restore.isPending ? text.restoring : text.attach}
            </button>
          </div>
        )}
      </form>
      <AsCommand text={commandOf(asked)} />
    </section>
  );
}

/** Offered while one types: those that can get it. */
function Machines({ id }: { id: string }) {
  const Filters = [{ Name: 'instance-state-name', Values: ['running', 'stopped'] }];
  const asked = { Filters, MaxResults: offered };
  const found = useAction('ec2', 'DescribeInstances', asked, { tables: ['instances'] });
  const instances = found.data?.Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
  return (
    <datalist id={id}>
      {instances.map(({ InstanceId, Tags }) => (
        <option key={InstanceId} value={InstanceId} label={nameOf(Tags)} />
      ))}
    </datalist>
  );
}

function Device({ volumes = [], wanted, change }: Props) {
  const id = useId();
  const kept = volumes.filter(({ SnapshotId }) => SnapshotId);
  return (
    <div class="field">
      <label for={id}>{text.device}</label>
      <select
        id={id}
        value={wanted.device ?? kept[0]?.DeviceName}
        onChange={({ currentTarget }) => change({ device: currentTarget.value })}
      >
        {kept.map(({ DeviceName, SizeGiB, VolumeId }) => (
          <option key={DeviceName} value={DeviceName}>
            {DeviceName}, {SizeGiB} GiB, {VolumeId}
          </option>
        ))}
      </select>
    </div>
  );
}
