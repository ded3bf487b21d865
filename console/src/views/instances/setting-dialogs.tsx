/** The dialogs of an instance's settings: type, security groups, metadata service, user data. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { instanceSettingsText as text } from '../../text/instance.ts';
import { GroupsField } from '../launch/groups-field.tsx';
import { TypeField } from '../launch/type-field.tsx';
import { UserDataField } from '../launch/user-data-field.tsx';
import { base64, textOf } from '../launch/wanted.ts';
import { useAttribute } from './attribute.ts';
import type { Instance } from './instance.ts';

interface Props {
  instance: Instance;
  onClose(): void;
}

export function TypeDialog({ instance, onClose }: Props) {
  const { InstanceId = '', InstanceType = '' } = instance;
  const [Value, setValue] = useState(InstanceType);
  const modify = useChange('ec2', 'ModifyInstanceAttribute');
  const run = () => modify.mutateAsync({ InstanceId, InstanceType: { Value } });
  return (
    <ActionDialog title={text.type} action={text.save} run={run} onClose={onClose}>
      <TypeField value={Value} empty={false} onChange={setValue} />
    </ActionDialog>
  );
}

export function GroupsDialog({ instance, onClose }: Props) {
  const { InstanceId = '', SecurityGroups = [] } = instance;
  const [Groups, setGroups] = useState(SecurityGroups.map(({ GroupId = '' }) => GroupId));
  const modify = useChange('ec2', 'ModifyInstanceAttribute');
  const run = () => modify.mutateAsync({ InstanceId, Groups });
  return (
    <ActionDialog title={text.groups} action={text.save} run={run} onClose={onClose}>
      <p>{text.groupsMean}</p>
      <GroupsField value={Groups} onChange={setGroups} />
    </ActionDialog>
  );
}

export function MetadataDialog({ instance, onClose }: Props) {
  const { InstanceId = '', MetadataOptions: now = {} } = instance;
  const [isOn, setIsOn] = useState(now.HttpEndpoint === 'enabled');
  const [needsToken, setNeedsToken] = useState(now.HttpTokens === 'required');
  const [hasTags, setHasTags] = useState(now.InstanceMetadataTags === 'enabled');
  const [hops, setHops] = useState(`${now.HttpPutResponseHopLimit ?? 1}`);
  const modify = useChange('ec2', 'ModifyInstanceMetadataOptions');
  const run = () =>
    modify.mutateAsync({
      InstanceId,
      HttpEndpoint: isOn ? 'enabled' : 'disabled',
      HttpTokens: needsToken ? 'required' : 'optional',
      HttpPutResponseHopLimit: Number(hops),
      InstanceMetadataTags: hasTags ? 'enabled' : 'disabled',
    });
  return (
    <ActionDialog title={text.metadata} action={text.save} run={run} onClose={onClose}>
      <Check label={text.metadataOn} checked={isOn} onCheck={setIsOn} />
      <Check
        label={text.needsToken}
        hint={text.needsTokenHint}
        checked={needsToken}
        onCheck={setNeedsToken}
      />
      <Check label={text.metadataTags} checked={hasTags} onCheck={setHasTags} />
      <Field label={text.hops} type="number" min={1} max={64} value={hops} onText={setHops} />
    </ActionDialog>
  );
}

/** The attribute may come later than the dialog: until it is edited it is what the API says. */
export function UserDataDialog({ instance: { InstanceId = '' }, onClose }: Props) {
  const now = useAttribute(InstanceId, 'userData')?.UserData?.Value ?? '';
  const [edited, setEdited] = useState<string>();
  const modify = useChange('ec2', 'ModifyInstanceAttribute');
  const run = () =>
    edited === undefined
      ? Promise.resolve()
      : modify.mutateAsync({ InstanceId, UserData: { Value: base64(edited) } });
  return (
    <ActionDialog title={text.userData} action={text.save} wide run={run} onClose={onClose}>
      <p>{text.userDataMeans}</p>
      <UserDataField value={edited ?? textOf(now)} onChange={setEdited} />
    </ActionDialog>
  );
}
