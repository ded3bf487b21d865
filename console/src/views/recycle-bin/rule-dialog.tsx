/** A retention rule, made or changed: for how long, and for all things of a kind or by their tags. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field, Lines } from '../../parts/field.tsx';
import { readTags } from '../../parts/read-tags.ts';
import { rulesText as text } from '../../text/recycle-bin.ts';

export const ruleTypes = ['EC2_IMAGE', 'EBS_SNAPSHOT', 'EBS_VOLUME'] as const;
export type RuleType = (typeof ruleTypes)[number];

type Rule = Output<'rbin', 'GetRule'>;

interface Props {
  /** The one that is changed; absent for a new one. */
  rule?: Rule;
  onClose(): void;
}

const linesOf = (tags: Rule['ResourceTags'] = []) =>
  tags
    .map(({ ResourceTagKey: key, ResourceTagValue: value }) => (value ? `${key}=${value}` : key))
    .join('\n');

const tagsOf = (lines: string): Rule['ResourceTags'] =>
  readTags(lines).map(({ Key, Value }) => ({
    ResourceTagKey: Key,
    ResourceTagValue: Value || undefined,
  }));

export function RuleDialog({ rule, onClose }: Props) {
  const [ResourceType, setType] = useState<string>(rule?.ResourceType ?? ruleTypes[0]);
  const [days, setDays] = useState(`${rule?.RetentionPeriod.RetentionPeriodValue ?? 7}`);
  const [description, setDescription] = useState(rule?.Description ?? '');
  const [tags, setTags] = useState(linesOf(rule?.ResourceTags));
  const [excluded, setExcluded] = useState(linesOf(rule?.ExcludeResourceTags));
  const create = useChange('rbin', 'CreateRule');
  const update = useChange('rbin', 'UpdateRule');
  const run = () => {
    const said = {
      RetentionPeriod: { RetentionPeriodValue: Number(days), RetentionPeriodUnit: 'DAYS' },
      Description: description,
    };
    const [ResourceTags, ExcludeResourceTags] = [tagsOf(tags), tagsOf(excluded)];
    if (!rule) {
      return create.mutateAsync({
        ...said,
        Description: description || undefined,
        ResourceType,
        ...(ResourceTags.length > 0 && { ResourceTags }),
        ...(ExcludeResourceTags.length > 0 && { ExcludeResourceTags }),
      });
    }
    return update.mutateAsync({
      ...said,
      Identifier: rule.Identifier,
      ...(tags !== linesOf(rule.ResourceTags) && { ResourceTags }),
      ...(excluded !== linesOf(rule.ExcludeResourceTags) && { ExcludeResourceTags }),
    });
  };
  return (
    <ActionDialog
      title={rule ? text.changeTitle(rule.Identifier) : text.create}
      action={rule ? text.save : text.createNow}
      run={run}
      onClose={onClose}
    >
      {!rule && (
        <label class="field">
          <span>{text.type}</span>
          <select
            value={ResourceType}
            onChange={({ currentTarget }) => setType(currentTarget.value)}
          >
            {ruleTypes.map((type) => (
              <option key={type} value={type}>
                {text.types[type]}
              </option>
            ))}
          </select>
        </label>
      )}
      <Field
        label={text.days}
        type="number"
        min={1}
        max={ResourceType === 'EBS_VOLUME' ? 7 : 365}
        value={days}
        onText={setDays}
        required
      />
      <Field
        label={text.columns.description}
        value={description}
        onText={setDescription}
        maxLength={255}
      />
      <Lines label={text.tags} hint={text.tagsHint} value={tags} onText={setTags} />
      <Lines label={text.excluded} value={excluded} onText={setExcluded} />
    </ActionDialog>
  );
}
