/** Security groups of the account, and a new one. */
import { useState } from 'preact/hooks';
import { usePages } from '../../api/queries.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { go, href } from '../../route.ts';
import { groupsText as text } from '../../text/network.ts';
import { NewGroupDialog } from './new-group-dialog.tsx';

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
      {isMade && (
        <NewGroupDialog
          onMade={(id) => go(href(['network', id]))}
          onClose={() => setIsMade(false)}
        />
      )}
    </>
  );
}
