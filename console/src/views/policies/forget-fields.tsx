/** What a policy that forgets is for, what it keeps and when it acts; what is simulated to be made. */
import { useAction } from '../../api/queries.ts';
import { AtField } from '../../parts/at-field.tsx';
import { Check, Field, Lines } from '../../parts/field.tsx';
import { KeepRuleFields } from '../../parts/keep-rule-fields.tsx';
import { policyText, forgetPoliciesText as text } from '../../text/policies.ts';
import { type ForgetFieldName, forgetFieldOf } from './forget-field-of.ts';
import type { WantedForget } from './forget-wanted.ts';
import { WhenFields } from './form-fields.tsx';

interface Props {
  wanted: WantedForget;
  /** The one that is there keeps its name. */
  isNew: boolean;
  error: unknown;
  /** It was refused when it was asked for, not while one types. */
  isSought: boolean;
  onChange(part: Partial<WantedForget>): void;
}

export function ForgetFields({ wanted, isNew, error, isSought, onChange }: Props) {
  const { rules } = wanted;
  const field = forgetFieldOf(error);
  const at = (name: ForgetFieldName) => ({ error, isSought, isAbout: field === name });
  return (
    <>
      {isNew && (
        <AtField {...at('name')}>
          <Field
            label={text.name}
            hint={text.nameHint}
            value={wanted.name}
            onText={(name) => onChange({ name })}
            maxLength={64}
            required
          />
        </AtField>
      )}
      <Check
        label={policyText.enabled}
        checked={wanted.isEnabled}
        onCheck={(isEnabled) => onChange({ isEnabled })}
      />
      <AtField {...at('targets')}>
        <Lines
          label={text.tags}
          hint={policyText.tagsHint}
          rows={2}
          value={wanted.tags}
          onText={(tags) => onChange({ tags })}
        />
      </AtField>
      <AtField {...at('sources')}>
        <Lines
          label={text.sources}
          hint={text.sourcesHint}
          rows={2}
          value={wanted.sources}
          onText={(sources) => onChange({ sources })}
        />
      </AtField>
      <AtField {...at('keeps')}>
        <fieldset>
          <legend>{text.keeps}</legend>
          <KeepRuleFields
            rules={rules}
            onChange={(part) => onChange({ rules: { ...rules, ...part } })}
          />
        </fieldset>
      </AtField>
      <AtField {...at('when')}>
        <WhenFields when={wanted} text={text} onChange={onChange} />
      </AtField>
    </>
  );
}

/** What makes the backups that are simulated: times, or a policy that is there. */
export type Maker = { Schedule: string } | { PolicyId: string };

interface MakerProps {
  value: Maker;
  onChange(maker: Maker): void;
}

export function MakerField({ value, onChange }: MakerProps) {
  const asking = { tables: ['backupPolicies'] } as const;
  const { data } = useAction('dlm', 'GetLifecyclePolicies', {}, asking);
  return (
    <label class="field">
      <span>{text.maker}</span>
      <select
        value={'PolicyId' in value ? value.PolicyId : value.Schedule}
        onChange={({ currentTarget: { value: chosen } }) =>
          onChange(chosen.startsWith('policy-') ? { PolicyId: chosen } : { Schedule: chosen })
        }
      >
        {Object.entries(text.makers).map(([schedule, name]) => (
          <option key={schedule} value={schedule}>
            {name}
          </option>
        ))}
        {data?.Policies?.map(({ PolicyId = '', Description }) => (
          <option key={PolicyId} value={PolicyId}>
            {`${PolicyId} ${Description ?? ''}`}
          </option>
        ))}
      </select>
    </label>
  );
}
