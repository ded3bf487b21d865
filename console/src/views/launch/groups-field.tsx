/** What may be reached: the security groups. */
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { Check } from '../../parts/field.tsx';
import { withChosen } from '../../parts/with-chosen.ts';
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
  const groups = new Map(found.data?.SecurityGroups?.map((group) => [group.GroupId ?? '', group]));
  return (
    <fieldset class="field">
      <legend>{text.groups}</legend>
      {withChosen([...groups.keys()], ...(found.data ? value : [])).map((id) => (
        <Check
          key={id}
          label={groups.has(id) ? `${groups.get(id)?.GroupName} (${id})` : id}
          hint={groups.get(id)?.Description}
          checked={value.includes(id)}
          onCheck={(checked) =>
            onChange(checked ? [...value, id] : value.filter((each) => each !== id))
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
