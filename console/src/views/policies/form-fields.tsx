/** Fields that a policy's form has several of. */
import { Field } from '../../parts/field.tsx';
import { policyText as text } from '../../text/policies.ts';
import type { When } from './forget-wanted.ts';
import type { units, WantedAge } from './wanted.ts';

interface ChoiceProps<Name extends string> {
  label: string;
  hint?: string;
  value: Name;
  choices: Readonly<Record<Name, string>>;
  isFixed?: boolean;
  onChoose(name: Name): void;
}

export function Choice<Name extends string>(props: ChoiceProps<Name>) {
  const { label, hint, value, choices, isFixed, onChoose } = props;
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value}
        disabled={isFixed}
        onChange={({ currentTarget }) => onChoose(currentTarget.value as Name)}
      >
        {(Object.keys(choices) as Name[]).map((name) => (
          <option key={name} value={name}>
            {choices[name]}
          </option>
        ))}
      </select>
      {hint && <small class="hint">{hint}</small>}
    </label>
  );
}

interface AgeProps {
  label: string;
  hint?: string;
  value: WantedAge;
  onChange(age: WantedAge): void;
}

export function AgeField({ label, hint, value, onChange }: AgeProps) {
  return (
    <div class="figures">
      <Field
        label={label}
        hint={hint}
        type="number"
        min={1}
        value={value.value}
        onText={(said) => onChange({ ...value, value: said })}
      />
      <Choice
        label={text.unit}
        value={value.unit as (typeof units)[number]}
        choices={text.units}
        onChoose={(unit) => onChange({ ...value, unit })}
      />
    </div>
  );
}

interface WhenProps {
  when: When;
  text: {
    acts: string;
    actsChoices: { daily: string; expression: string };
    time: string;
    expression: string;
    expressionHint: string;
  };
  onChange(when: Partial<When>): void;
}

/** Once a day, or by an expression. */
export function WhenFields({ when, text: words, onChange }: WhenProps) {
  return (
    <>
      <Choice
        label={words.acts}
        value={when.isDaily ? 'daily' : 'expression'}
        choices={words.actsChoices}
        onChoose={(chosen) => onChange({ isDaily: chosen === 'daily' })}
      />
      {when.isDaily ? (
        <Field
          label={words.time}
          type="time"
          value={when.time}
          onText={(time) => onChange({ time })}
          required
        />
      ) : (
        <Field
          label={words.expression}
          hint={words.expressionHint}
          value={when.expression}
          spellcheck={false}
          onText={(expression) => onChange({ expression })}
          required
        />
      )}
    </>
  );
}
