/** When a plan tests, and which backups; each refusal of the API is at its field. */
import { AtField } from '../../parts/at-field.tsx';
import { Field, Lines } from '../../parts/field.tsx';
import { testingPlanText as text } from '../../text/restore-testing.ts';
import { Choice, WhenFields } from '../policies/form-fields.tsx';
import { type PlanField, planFieldOf } from './field-of.ts';
import type { WantedPlan } from './wanted.ts';

interface Props {
  wanted: WantedPlan;
  /** The one that is there keeps its name. */
  isNew: boolean;
  error: unknown;
  /** It was refused when it was asked for, not while one types. */
  isSought: boolean;
  onChange(part: Partial<WantedPlan>): void;
}

export function PlanFields({ wanted, isNew, error, isSought, onChange }: Props) {
  const field = planFieldOf(error);
  const at = (name: PlanField) => ({ error, isSought, isAbout: field === name });
  return (
    <>
      {isNew && (
        <AtField {...at('name')}>
          <Field
            label={text.name}
            hint={text.nameHint}
            value={wanted.name}
            onText={(name) => onChange({ name })}
            maxLength={50}
            required
          />
        </AtField>
      )}
      <AtField {...at('when')}>
        <Field label={text.zone} value={wanted.zone} onText={(zone) => onChange({ zone })} />
        <WhenFields when={wanted} text={text} onChange={onChange} />
      </AtField>
      <AtField {...at('window')}>
        <Field
          label={text.window}
          hint={text.windowHint}
          type="number"
          value={wanted.windowHours}
          onText={(windowHours) => onChange({ windowHours })}
          required
        />
      </AtField>
      <AtField {...at('points')}>
        <div class="figures">
          <Choice
            label={text.algorithm}
            value={wanted.algorithm}
            choices={text.algorithms}
            onChoose={(algorithm) => onChange({ algorithm })}
          />
          <Field
            label={text.days}
            type="number"
            value={wanted.days}
            onText={(days) => onChange({ days })}
            required
          />
        </div>
      </AtField>
      <AtField {...at('vaults')}>
        <Lines
          label={text.include}
          hint={text.vaultsHint}
          rows={2}
          value={wanted.include}
          onText={(include) => onChange({ include })}
        />
        <Lines
          label={text.exclude}
          rows={2}
          value={wanted.exclude}
          onText={(exclude) => onChange({ exclude })}
        />
      </AtField>
    </>
  );
}
