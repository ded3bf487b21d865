/** The criteria of allowed images, of which an image has to meet one, all of it. */
import { useState } from 'preact/hooks';
import { useChange } from '../../api/queries.ts';
import { ActionDialog } from '../../parts/action-dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { criteriaText as text } from '../../text/account.ts';
import {
  type Criterion,
  type CriterionForm,
  criterionOf,
  emptyCriterion,
  formOf,
} from './criteria.ts';

interface Props {
  criteria: readonly Criterion[];
  onClose(): void;
}

export function CriteriaDialog({ criteria, onClose }: Props) {
  const [forms, setForms] = useState<CriterionForm[]>(
    criteria.length > 0 ? criteria.map(formOf) : [emptyCriterion],
  );
  const replace = useChange('ec2', 'ReplaceImageCriteriaInAllowedImagesSettings');
  const change = (index: number, form: CriterionForm) =>
    setForms((all) => all.map((each, place) => (place === index ? form : each)));
  const run = async () => replace.mutateAsync({ ImageCriteria: forms.map(criterionOf) });
  return (
    <ActionDialog title={text.title} action={text.save} wide run={run} onClose={onClose}>
      <p>{text.means}</p>
      {forms.length === 0 && <p class="hint">{text.none}</p>}
      {forms.map((form, index) => (
        <fieldset key={index} class="field">
          <legend>{text.one(index + 1)}</legend>
          <CriterionFields form={form} onChange={(changed) => change(index, changed)} />
          <button
            type="button"
            onClick={() => setForms((all) => all.filter((_, place) => place !== index))}
          >
            {text.remove}
          </button>
        </fieldset>
      ))}
      <button type="button" onClick={() => setForms((all) => [...all, emptyCriterion])}>
        {text.add}
      </button>
    </ActionDialog>
  );
}

interface FieldsProps {
  form: CriterionForm;
  onChange(form: CriterionForm): void;
}

function CriterionFields({ form, onChange }: FieldsProps) {
  const lines = (name: 'providers' | 'names' | 'products' | 'others') => (
    <label class="field">
      <span>{text.fields[name]}</span>
      <textarea
        class="code"
        rows={2}
        spellcheck={false}
        value={form[name]}
        onInput={({ currentTarget }) => onChange({ ...form, [name]: currentTarget.value })}
      />
      <small class="hint">{text.hints[name]}</small>
    </label>
  );
  const days = (name: 'createdDays' | 'deprecatedDays') => (
    <Field
      label={text.fields[name]}
      type="number"
      min={0}
      value={form[name]}
      onText={(value) => onChange({ ...form, [name]: value })}
    />
  );
  return (
    <>
      <div class="columns">
        <div>
          {lines('providers')}
          {lines('names')}
        </div>
        <div>
          {days('createdDays')}
          {days('deprecatedDays')}
          {lines('products')}
        </div>
      </div>
      <details open={form.others !== ''}>
        <summary>{text.more}</summary>
        {lines('others')}
      </details>
    </>
  );
}
