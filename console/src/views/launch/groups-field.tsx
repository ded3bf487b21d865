/** What may be reached: the security groups. */
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { Check } from '../../parts/field.tsx';
import { launchText as text } from '../../text/launch.ts';
import { NewGroupDialog } from '../network/new-group-dialog.tsx';

interface Props {
  value: readonly string[];
  hint?: string;
  onChange(groupIds: string[]): void;
}

export function GroupsField({ value, hint, onChange }: Props) {
  const [isMade, setIsMade] = useState(false);
  const found = useAction('ec2', 'DescribeSecurityGroups', {}, { tables: ['securityGroups'] });
  return (
    <fieldset class="field">
      <legend>{text.groups}</legend>
      {found.data?.SecurityGroups?.map(({ GroupId = '', GroupName, Description }) => (
        <Check
          key={GroupId}
          label={`${GroupName} (${GroupId})`}
          hint={Description}
          checked={value.includes(GroupId)}
          onCheck={(checked) =>
            onChange(checked ? [...value, GroupId] : value.filter((each) => each !== GroupId))
          }
        />
      ))}
      {hint && <small class="hint">{hint}</small>}
      <p>
        <button type="button" onClick={() => setIsMade(true)}>
          {text.newGroup}
        </button>
      </p>
      {isMade && (
        <NewGroupDialog
          letsSshIn
          onMade={(id) => onChange([...value, id])}
          onClose={() => setIsMade(false)}
        />
      )}
    </fieldset>
  );
}
