/** Security groups of the account, and a new one. */
import { useState } from 'preact/hooks';
import { useChange, usePages } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { go, href } from '../../route.ts';
import { groupsText as text } from '../../text/network.ts';

export function GroupsList() {
  const [isMade, setIsMade] = useState(false);
  const found = usePages(
    'ec2',
    'DescribeSecurityGroups',
    {},
    {
      tables: ['securityGroups', 'securityGroupRules'],
    },
  );
  return (
    <>
      <p>
        <button type="button" onClick={() => setIsMade(true)}>
          {text.create}
        </button>
      </p>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ SecurityGroups }) => SecurityGroups}
        keyOf={({ GroupId = '' }) => GroupId}
        columns={[
          { title: text.columns.name, cell: ({ GroupName }) => GroupName },
          { title: text.columns.id, cell: ({ GroupId }) => <IdLink id={GroupId} /> },
          { title: text.columns.description, cell: ({ Description }) => Description },
          {
            title: text.columns.rules,
            cell: ({ IpPermissions = [], IpPermissionsEgress = [] }) =>
              text.rules(IpPermissions.length, IpPermissionsEgress.length),
          },
        ]}
        empty={text.empty}
      />
      {isMade && <NewGroup onClose={() => setIsMade(false)} />}
    </>
  );
}

function NewGroup({ onClose }: { onClose(): void }) {
  const [GroupName, setGroupName] = useState('');
  const [Description, setDescription] = useState('');
  const create = useChange('ec2', 'CreateSecurityGroup');
  const run = async () => {
    const { GroupId = '' } = await create.mutateAsync({ GroupName, Description });
    go(href(['network', GroupId]));
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
    </ActionDialog>
  );
}
