/** One version's data in full, how two versions differ, and the end of a version. */
import { useState } from 'preact/hooks';
import { useAction, useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { List } from '../../parts/list.tsx';
import { templateText as text } from '../../text/templates.ts';
import { differences } from './differences.ts';

export type Version = NonNullable<
  Output<'ec2', 'DescribeLaunchTemplateVersions'>['LaunchTemplateVersions']
>[number];

interface Props {
  version: Version;
  onClose(): void;
}

export function DataDialog({ version, onClose }: Props) {
  return (
    <Dialog title={text.dataOf(version.VersionNumber ?? 0)} wide onClose={onClose}>
      <pre class="data">{JSON.stringify(version.LaunchTemplateData ?? {}, null, 2)}</pre>
    </Dialog>
  );
}

export function CompareDialog({ version, onClose }: Props) {
  const { LaunchTemplateId = '', VersionNumber = 0 } = version;
  const [other, setOther] = useState(`${Math.max(1, VersionNumber - 1)}`);
  const found = useAction(
    'ec2',
    'DescribeLaunchTemplateVersions',
    { LaunchTemplateId, Versions: [other] },
    { tables: ['launchTemplateVersions'], enabled: /^\d+$/.test(other) },
  );
  const [before] = found.data?.LaunchTemplateVersions ?? [];
  return (
    <Dialog title={text.compareTitle(VersionNumber)} wide onClose={onClose}>
      <label class="field">
        <span>{text.with}</span>
        <input
          type="number"
          min={1}
          value={other}
          onInput={({ currentTarget }) => setOther(currentTarget.value)}
        />
      </label>
      <List
        caption={text.compareTitle(VersionNumber)}
        columns={[
          { title: text.member, cell: ({ path }) => <code>{path}</code> },
          { title: text.in(other), cell: (each) => each.before },
          { title: text.in(`${VersionNumber}`), cell: ({ after }) => after },
        ]}
        items={before && differences(before.LaunchTemplateData, version.LaunchTemplateData)}
        keyOf={({ path }) => path}
        empty={text.same}
        error={found.error}
      />
    </Dialog>
  );
}

export function DeleteVersionDialog({ version, onClose }: Props) {
  const { LaunchTemplateId, VersionNumber = 0 } = version;
  const remove = useChange('ec2', 'DeleteLaunchTemplateVersions');
  const run = async () => {
    const input = { LaunchTemplateId, Versions: [`${VersionNumber}`] };
    const answer = await remove.mutateAsync(input);
    const [refused] = answer.UnsuccessfullyDeletedLaunchTemplateVersions ?? [];
    if (refused) throw new Error(refused.ResponseError?.Message);
  };
  return (
    <ActionDialog
      title={text.deleteVersionTitle(VersionNumber)}
      action={text.deleteNow}
      isDangerous
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteVersionMeans}</p>
    </ActionDialog>
  );
}
