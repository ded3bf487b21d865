/** What an instance is: its properties, disks, groups and tags. */
import { useAction } from '../../api/queries.ts';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { type Column, List } from '../../parts/list.tsx';
import { State } from '../../parts/mark.tsx';
import { Tags } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { instanceSettingsText, instanceText as text } from '../../text/instance.ts';
import type { Instance, PartProps } from './instance.ts';

export function InstanceDetails({ instance }: PartProps) {
  const { InstanceId = '', BlockDeviceMappings = [] } = instance;
  return (
    <>
      <section class="card">
        <h2>{text.facts.title}</h2>
        <Facts of={facts(instance)} />
      </section>
      <Ports id={InstanceId} isRunning={instance.State?.Name === 'running'} />
      <section class="card">
        <h2>{text.disks.title}</h2>
        <List
          caption={text.disks.title}
          columns={diskColumns}
          items={BlockDeviceMappings}
          keyOf={({ DeviceName = '' }) => DeviceName}
          empty={text.disks.none}
        />
      </section>
      <Tags id={InstanceId} tags={instance.Tags} isOwn />
    </>
  );
}

function facts(instance: Instance) {
  const names = text.facts;
  const { MetadataOptions: metadata, Placement, SecurityGroups = [] } = instance;
  return [
    [names.id, <CopiedId key="id" id={instance.InstanceId} />],
    [names.image, <IdLink key="image" id={instance.ImageId} />],
    [names.type, instance.InstanceType],
    [names.launched, <Time key="launched" at={instance.LaunchTime} />],
    [names.publicIp, instance.PublicIpAddress],
    [names.privateIp, [instance.PrivateIpAddress, instance.PrivateDnsName].join(' ')],
    [names.key, instance.KeyName],
    [
      names.groups,
      SecurityGroups.map(({ GroupId, GroupName }) => (
        <span key={GroupId}>
          <IdLink id={GroupId} /> {GroupName}{' '}
        </span>
      )),
    ],
    [names.zone, Placement?.AvailabilityZone],
    [
      names.boot,
      [instance.CurrentInstanceBootMode, instance.TpmSupport].filter(Boolean).join(', TPM '),
    ],
    [names.metadata, metadata && instanceSettingsText.metadataIs(metadata)],
    [names.platform, instance.PlatformDetails],
    [names.reason, instance.StateReason?.Message ?? instance.StateTransitionReason],
  ] as const;
}

/** Where the guest's ports are reached on the host. */
function Ports({ id, isRunning }: { id: string; isRunning: boolean }) {
  const ports = useAction(
    'imago',
    'DescribePorts',
    { InstanceIds: [id] },
    {
      tables: ['instances', 'securityGroups', 'securityGroupRules'],
      enabled: isRunning,
    },
  );
  const open = ports.data?.Instances[0]?.Ports ?? [];
  if (!isRunning) return null;
  return (
    <section class="card">
      <h2>{text.ports.title}</h2>
      {open.length === 0 && <p class="hint">{text.ports.none}</p>}
      <ul class="rows">
        {open.map(({ Protocol, GuestPort, HostIp, HostPort }) => (
          <li key={`${Protocol} ${GuestPort}`}>
            <span>{text.ports.one(Protocol, GuestPort)}</span>
            <code>
              {HostIp}:{HostPort}
            </code>
          </li>
        ))}
      </ul>
    </section>
  );
}

type Mapping = NonNullable<Instance['BlockDeviceMappings']>[number];

const diskColumns: Column<Mapping>[] = [
  { title: text.disks.device, cell: ({ DeviceName }) => <code>{DeviceName}</code> },
  { title: text.disks.volume, cell: ({ Ebs }) => <IdLink id={Ebs?.VolumeId} /> },
  { title: text.disks.state, cell: ({ Ebs }) => <State of={Ebs?.Status} /> },
  {
    title: text.disks.ends,
    cell: ({ Ebs }) => (Ebs?.DeleteOnTermination ? common.yes : common.no),
  },
];
