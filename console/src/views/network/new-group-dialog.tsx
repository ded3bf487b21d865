/** A new security group, which can let SSH in at once. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Check, Field } from '../../parts/field.tsx';
import { groupsText as text } from '../../text/network.ts';
import { permissionOf } from './rules.ts';

interface Props {
  /** Proposed. */
  letsSshIn?: boolean;
  onMade(groupId: string): void;
  onClose(): void;
}

const ssh = { protocol: 'tcp', ports: '22', peer: '0.0.0.0/0', description: 'SSH' };

export function NewGroupDialog({ letsSshIn = false, onMade, onClose }: Props) {
  const [GroupName, setGroupName] = useState('');
  const [Description, setDescription] = useState('');
  const [withSsh, setWithSsh] = useState(letsSshIn);
  const create = useChange('ec2', 'CreateSecurityGroup');
  const authorize = useChange('ec2', 'AuthorizeSecurityGroupIngress');
  const run = async () => {
    const { GroupId = '' } = await create.mutateAsync({ GroupName, Description });
    if (withSsh) await authorize.mutateAsync({ GroupId, IpPermissions: [permissionOf(ssh)] });
    onMade(GroupId);
  };
  return (
    <ActionDialog title={text.create} action={text.createNow} run={run} onClose={onClose}>
      <Field label={text.columns.name} value={GroupName} onText={setGroupName} required />
      <Field
        label={text.columns.description}
        value={Description}
        onText={setDescription}
        required
      />
      <Check label={text.withSsh} checked={withSsh} onCheck={setWithSsh} />
    </ActionDialog>
  );
}
