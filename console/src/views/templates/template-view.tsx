/** One launch template: its versions, which of them is the default, and launches of them. */
import { useState } from 'preact/hooks';
import { useAction, useChange, usePages } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import type { Column } from '../../parts/list.tsx';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Tags } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { useClientToken } from '../../parts/use-client-token.ts';
import { go, href } from '../../route.ts';
import { common } from '../../text/common.ts';
import { fleetsText, templateText as text } from '../../text/templates.ts';
import { FleetDialog } from './fleet-dialog.tsx';
import {
  CompareDialog,
  DataDialog,
  DeleteVersionDialog,
  type Version,
} from './version-dialogs.tsx';

export function TemplateView({ id }: { id: string }) {
  const [asks, setAsks] = useState<'version' | 'fleet' | 'delete'>();
  const input = { LaunchTemplateIds: [id] };
  const found = useAction('ec2', 'DescribeLaunchTemplates', input, { tables: ['launchTemplates'] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const template = found.data.LaunchTemplates?.[0];
  if (!template) return <Empty>{text.gone(id)}</Empty>;
  const close = () => setAsks(undefined);
  return (
    <>
      <p class="back">
        <a href={href(['templates'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>{template.LaunchTemplateName}</h1>
        <ActionButton kind="main" onClick={() => setAsks('version')}>
          {text.newVersion}
        </ActionButton>
        <ActionButton onClick={() => setAsks('fleet')}>{fleetsText.create}</ActionButton>
        <ActionButton kind="danger" onClick={() => setAsks('delete')}>
          {text.delete}
        </ActionButton>
      </header>
      <Versions id={id} />
      <Tags id={id} tags={template.Tags} isOwn />
      {asks === 'version' && (
        <VersionDialog id={id} latest={template.LatestVersionNumber ?? 1} onClose={close} />
      )}
      {asks === 'fleet' && <FleetDialog id={id} onClose={close} />}
      {asks === 'delete' && <DeleteDialog id={id} onClose={close} />}
    </>
  );
}

function Versions({ id }: { id: string }) {
  const found = usePages(
    'ec2',
    'DescribeLaunchTemplateVersions',
    { LaunchTemplateId: id },
    {
      tables: ['launchTemplates', 'launchTemplateVersions'],
    },
  );
  const modify = useChange('ec2', 'ModifyLaunchTemplate');
  const run = useChange('ec2', 'RunInstances');
  const token = useClientToken(id);
  const launch = async (version: number) => {
    const { Instances = [] } = await run.mutateAsync({
      ClientToken: `${token}-${version}`,
      LaunchTemplate: { LaunchTemplateId: id, Version: `${version}` },
      MinCount: 1,
      MaxCount: 1,
    });
    go(href(['instances', Instances[0]?.InstanceId ?? '']));
  };
  const error = modify.error ?? run.error;
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  return (
    <section class="card">
      <h2>{text.versions}</h2>
      {error && <Problem error={error} />}
      <PagedList
        caption={text.versions}
        found={found}
        itemsOf={({ LaunchTemplateVersions }) => LaunchTemplateVersions}
        keyOf={({ VersionNumber }) => `${VersionNumber}`}
        columns={versionColumns({
          launch: (version) => launch(version).catch(() => {}),
          makeDefault: (version) =>
            modify.mutate({ LaunchTemplateId: id, DefaultVersion: `${version}` }),
          ask: setAsked,
        })}
        empty={common.none}
      />
      {asked?.what === 'data' && <DataDialog version={asked.version} onClose={close} />}
      {asked?.what === 'compare' && <CompareDialog version={asked.version} onClose={close} />}
      {asked?.what === 'delete' && <DeleteVersionDialog version={asked.version} onClose={close} />}
    </section>
  );
}

interface Asked {
  what: 'data' | 'compare' | 'delete';
  version: Version;
}

interface VersionDeeds {
  ask(asked: Asked): void;
  launch(version: number): unknown;
  makeDefault(version: number): void;
}

const versionColumns = ({ launch, makeDefault, ask }: VersionDeeds): Column<Version>[] => [
  {
    title: text.columns.version,
    cell: ({ VersionNumber, DefaultVersion }) => (
      <>
        {VersionNumber} {DefaultVersion && <Mark tone="good">{text.default}</Mark>}
      </>
    ),
  },
  { title: text.columns.description, cell: ({ VersionDescription }) => VersionDescription },
  {
    title: text.columns.image,
    cell: ({ LaunchTemplateData }) => <IdLink id={LaunchTemplateData?.ImageId} />,
  },
  {
    title: text.columns.type,
    cell: ({ LaunchTemplateData }) => <code>{LaunchTemplateData?.InstanceType}</code>,
  },
  { title: text.columns.created, cell: ({ CreateTime }) => <Time at={CreateTime} /> },
  {
    title: text.columns.actions,
    cell: (version) => <VersionActions version={version} deeds={{ launch, makeDefault, ask }} />,
  },
];

interface VersionActionsProps {
  version: Version;
  deeds: VersionDeeds;
}

function VersionActions({ version, deeds: { launch, makeDefault, ask } }: VersionActionsProps) {
  const { VersionNumber = 0, DefaultVersion } = version;
  const isDefault = DefaultVersion && text.isDefault;
  return (
    <span class="actions">
      <button type="button" onClick={() => launch(VersionNumber)}>
        {text.launch}
      </button>
      <ActionButton because={isDefault} onClick={() => makeDefault(VersionNumber)}>
        {text.makeDefault}
      </ActionButton>
      <button type="button" onClick={() => ask({ what: 'data', version })}>
        {text.data}
      </button>
      <button type="button" onClick={() => ask({ what: 'compare', version })}>
        {text.compare}
      </button>
      <ActionButton because={isDefault} onClick={() => ask({ what: 'delete', version })}>
        {text.delete}
      </ActionButton>
    </span>
  );
}

interface DialogProps {
  id: string;
  onClose(): void;
}

/** What is left out is as it is in the latest version. */
function VersionDialog({ id, latest, onClose }: DialogProps & { latest: number }) {
  const [VersionDescription, setDescription] = useState('');
  const [ImageId, setImageId] = useState('');
  const [InstanceType, setInstanceType] = useState('');
  const create = useChange('ec2', 'CreateLaunchTemplateVersion');
  const run = () =>
    create.mutateAsync({
      LaunchTemplateId: id,
      SourceVersion: `${latest}`,
      VersionDescription: VersionDescription || undefined,
      LaunchTemplateData: {
        ImageId: ImageId || undefined,
        InstanceType: InstanceType || undefined,
      },
    });
  return (
    <ActionDialog title={text.newVersion} action={text.create} run={run} onClose={onClose}>
      <p>{text.versionMeans(latest)}</p>
      <Field label={text.columns.description} value={VersionDescription} onText={setDescription} />
      <Field label={text.columns.image} value={ImageId} onText={setImageId} />
      <Field label={text.columns.type} value={InstanceType} onText={setInstanceType} />
    </ActionDialog>
  );
}

function DeleteDialog({ id, onClose }: DialogProps) {
  const remove = useChange('ec2', 'DeleteLaunchTemplate');
  const run = async () => {
    await remove.mutateAsync({ LaunchTemplateId: id });
    go(href(['templates']));
  };
  return (
    <ActionDialog
      title={text.delete}
      action={text.deleteNow}
      isDangerous
      run={run}
      onClose={onClose}
    >
      <p>{text.deleteMeans}</p>
    </ActionDialog>
  );
}
