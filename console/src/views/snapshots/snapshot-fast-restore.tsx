/** Where volumes of a snapshot are fast from their first read on: zone by zone. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { awsCli } from '../../parts/aws-cli.ts';
import { List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { snapshotFastText as text } from '../../text/snapshots.ts';
import type { PartProps } from './snapshot.ts';

/** Nothing is kept, or will be. */
const offStates = new Set([undefined, 'disabled', 'disabling']);

export function SnapshotFastRestore({ snapshot }: PartProps) {
  const { SnapshotId = '' } = snapshot;
  const Filters = [{ Name: 'snapshot-id', Values: [SnapshotId] }];
  const tables = ['fastRestores', 'snapshots'] as const;
  const found = useAction('ec2', 'DescribeFastSnapshotRestores', { Filters }, { tables });
  const zones = useAction('ec2', 'DescribeAvailabilityZones', {}, { tables: [] });
  const [asked, setAsked] = useState<string>();
  const rows = found.data?.FastSnapshotRestores ?? [];
  const items = zones.data?.AvailabilityZones?.map(({ ZoneName: zone = '' }) => ({
    zone,
    ...rows.find(({ AvailabilityZone }) => AvailabilityZone === zone),
  }));
  const isUsable = snapshot.State === 'completed' && snapshot.StorageTier !== 'archive';
  const chosen = items?.find(({ zone }) => zone === asked);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.means}</p>
      <List
        caption={text.title}
        items={found.data && items}
        keyOf={({ zone }) => zone}
        columns={[
          { title: text.columns.zone, cell: ({ zone }) => zone },
          {
            title: text.columns.state,
            cell: ({ State: state, StateTransitionReason, EnabledTime }) => (
              <>
                {state ? <State of={state} /> : text.off} <Since at={EnabledTime} />{' '}
                {/failure|error/i.test(StateTransitionReason ?? '') && StateTransitionReason}
              </>
            ),
          },
          {
            title: text.columns.actions,
            cell: ({ zone, State: state }) => (
              <ActionButton
                because={offStates.has(state) && !isUsable && text.notUsable}
                onClick={() => setAsked(zone)}
              >
                {offStates.has(state) ? text.enable : text.disable}
              </ActionButton>
            ),
          },
        ]}
        empty={text.off}
        error={found.error ?? zones.error}
        retry={found.refetch}
      />
      {chosen && (
        <FastRestoreDialog
          id={SnapshotId}
          zone={chosen.zone}
          isOn={!offStates.has(chosen.State)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

const Since = ({ at }: { at: string | undefined }) => (at ? <Time at={at} /> : null);

interface Props {
  id: string;
  zone: string;
  isOn: boolean;
  onClose(): void;
}

function FastRestoreDialog({ id, zone, isOn: wasOn, onClose }: Props) {
  // What was asked stays asked, whatever becomes of it meanwhile.
  const [isOn] = useState(wasOn);
  const enable = useChange('ec2', 'EnableFastSnapshotRestores');
  const disable = useChange('ec2', 'DisableFastSnapshotRestores');
  const action = isOn ? 'DisableFastSnapshotRestores' : 'EnableFastSnapshotRestores';
  const input = { AvailabilityZones: [zone], SourceSnapshotIds: [id] };
  const run = async () => {
    const { Unsuccessful = [] } = await (isOn ? disable : enable).mutateAsync(input);
    const [why] = Unsuccessful.flatMap((each) => each.FastSnapshotRestoreStateErrors ?? []);
    if (why) throw new Error(why.Error?.Message);
  };
  return (
    <ActionDialog
      title={text.dialog(id, zone)}
      action={isOn ? text.disableNow : text.enableNow}
      command={awsCli('ec2', action, input)}
      run={run}
      onClose={onClose}
    >
      <p>{isOn ? text.disableMeans : text.enableMeans}</p>
    </ActionDialog>
  );
}
