/** What can be changed of an instance; some only while it is stopped, which then is said. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { instanceSettingsText as text } from '../../text/instance.ts';
import { useAttribute } from './attribute.ts';
import type { Instance, PartProps } from './instance.ts';
import { GroupsDialog, MetadataDialog, TypeDialog, UserDataDialog } from './setting-dialogs.tsx';

const dialogs = {
  type: TypeDialog,
  groups: GroupsDialog,
  metadata: MetadataDialog,
  userData: UserDataDialog,
};

export function InstanceSettings({ instance }: PartProps) {
  const [asked, setAsked] = useState<keyof typeof dialogs>();
  const { SecurityGroups = [], MetadataOptions: metadata, State } = instance;
  const userData = useAttribute(instance.InstanceId ?? '', 'userData')?.UserData?.Value;
  const isGone = ['shutting-down', 'terminated'].includes(State?.Name ?? '');
  const gone = isGone && text.isGone;
  const running = gone || (State?.Name !== 'stopped' && text.stopFirst);
  const Asked = asked && dialogs[asked];
  const change = (what: keyof typeof dialogs, because: string | false) => (
    <ActionButton because={because} onClick={() => setAsked(what)}>
      {text.change}
    </ActionButton>
  );
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <ul class="rows settings">
        <Row name={text.type} action={change('type', running)}>
          {instance.InstanceType}
        </Row>
        <Row name={text.groups} action={change('groups', gone)}>
          {SecurityGroups.map(({ GroupId, GroupName }) => (
            <span key={GroupId}>
              {GroupName} <IdLink id={GroupId} />{' '}
            </span>
          ))}
        </Row>
        <Row name={text.metadata} action={change('metadata', gone)}>
          {metadata && text.metadataIs(metadata)}
        </Row>
        <Row name={text.userData} action={change('userData', running)}>
          {userData ? text.bytes(atob(userData).length) : common.none}
        </Row>
        <Switches instance={instance} because={gone} />
        <Disks instance={instance} because={gone} />
      </ul>
      {Asked && <Asked instance={instance} onClose={() => setAsked(undefined)} />}
    </section>
  );
}

interface RowProps {
  name: string;
  action: ComponentChildren;
  children: ComponentChildren;
}

function Row({ name, action, children }: RowProps) {
  return (
    <li>
      <span>
        <b>{name}</b> {children}
      </span>
      {action}
    </li>
  );
}

interface SwitchesProps {
  instance: Instance;
  because: string | false;
}

/** Protection against ends, and what the guest's own shutdown means. */
function Switches({ instance: { InstanceId = '' }, because }: SwitchesProps) {
  const modify = useChange('ec2', 'ModifyInstanceAttribute');
  const ends = useAttribute(InstanceId, 'disableApiTermination')?.DisableApiTermination?.Value;
  const stops = useAttribute(InstanceId, 'disableApiStop')?.DisableApiStop?.Value;
  const asked = useAttribute(InstanceId, 'instanceInitiatedShutdownBehavior');
  const behaviour = asked?.InstanceInitiatedShutdownBehavior?.Value;
  const other = behaviour === 'stop' ? 'terminate' : 'stop';
  const button = (
    label: string,
    change: Omit<Parameters<typeof modify.mutate>[0], 'InstanceId'>,
  ) => (
    <ActionButton because={because} onClick={() => modify.mutate({ InstanceId, ...change })}>
      {label}
    </ActionButton>
  );
  return (
    <>
      {modify.error && (
        <li>
          <Problem error={modify.error} />
        </li>
      )}
      <Row
        name={text.terminationProtection}
        action={button(text.turn(!ends), { DisableApiTermination: { Value: !ends } })}
      >
        {text.isOn(ends)}
      </Row>
      <Row
        name={text.stopProtection}
        action={button(text.turn(!stops), { DisableApiStop: { Value: !stops } })}
      >
        {text.isOn(stops)}
      </Row>
      <Row
        name={text.shutdown}
        action={button(text.shutdownTo(other), {
          InstanceInitiatedShutdownBehavior: { Value: other },
        })}
      >
        {behaviour && text.shutdownIs(behaviour)}
      </Row>
    </>
  );
}

/** What becomes of each disk at the end. */
function Disks({
  instance: { InstanceId = '', BlockDeviceMappings = [] },
  because,
}: SwitchesProps) {
  const modify = useChange('ec2', 'ModifyInstanceAttribute');
  const set = (DeviceName: string, DeleteOnTermination: boolean) =>
    modify.mutate({
      InstanceId,
      BlockDeviceMappings: [{ DeviceName, Ebs: { DeleteOnTermination } }],
    });
  return (
    <>
      {modify.error && (
        <li>
          <Problem error={modify.error} />
        </li>
      )}
      {BlockDeviceMappings.map(({ DeviceName = '', Ebs }) => (
        <Row
          key={DeviceName}
          name={text.disk(DeviceName)}
          action={
            <ActionButton
              because={because}
              onClick={() => set(DeviceName, !Ebs?.DeleteOnTermination)}
            >
              {Ebs?.DeleteOnTermination ? text.keepDisk : text.deleteDisk}
            </ActionButton>
          }
        >
          {Ebs?.DeleteOnTermination ? text.diskGoes : text.diskStays}
        </Row>
      ))}
    </>
  );
}
