/** Fields that a policy's form has several of. */
import { Field } from '../../parts/field.tsx';
import { policyText as text } from '../../text/policies.ts';
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
