/** What a selection chooses, and what its tests look at; each refusal is at its field. */
import { AtField } from '../../parts/at-field.tsx';
import { Field, Lines } from '../../parts/field.tsx';
import { selectionText as text } from '../../text/restore-testing.ts';
import { Choice } from '../policies/form-fields.tsx';
import { type SelectionField, selectionFieldOf } from './field-of.ts';
import type { WantedSelection } from './wanted.ts';

interface Props {
  wanted: WantedSelection;
  /** The one that is there keeps its name, and what it is of. */
  isNew: boolean;
  error: unknown;
  onChange(part: Partial<WantedSelection>): void;
}

export function SelectionFields({ wanted, isNew, error, onChange }: Props) {
  const field = selectionFieldOf(error);
  const at = (name: SelectionField) => ({ error, isSought: true, isAbout: field === name });
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
      <Choice
        label={text.kind}
        hint={isNew ? undefined : text.kindStays}
        value={wanted.kind}
        choices={text.kinds}
        isFixed={!isNew}
        onChoose={(kind) => onChange({ kind })}
      />
      <AtField {...at('which')}>
        <Which wanted={wanted} onChange={onChange} />
      </AtField>
      <AtField {...at('looks')}>
        <Lines
          label={text.looks}
          hint={text.looksHint}
          rows={6}
          value={wanted.looks}
          placeholder={text.looksExample}
          onText={(looks) => onChange({ looks })}
        />
      </AtField>
      <AtField {...at('hours')}>
        <Field
          label={text.hours}
          hint={text.hoursHint}
          type="number"
          value={wanted.hours}
          onText={(hours) => onChange({ hours })}
          required
        />
      </AtField>
    </>
  );
}

function Which({ wanted, onChange }: Pick<Props, 'wanted' | 'onChange'>) {
  const { which, kind } = wanted;
  return (
    <>
      <Choice
        label={text.which}
        value={which}
        choices={text.whichOnes}
        onChoose={(chosen) => onChange({ which: chosen })}
      />
      {which === 'tagged' && (
        <>
          <Lines
            label={text.has}
            hint={text.tagsHint}
            rows={2}
            value={wanted.has}
            onText={(has) => onChange({ has })}
          />
          <Lines
            label={text.hasNot}
            rows={2}
            value={wanted.hasNot}
            onText={(hasNot) => onChange({ hasNot })}
          />
        </>
      )}
      {which === 'named' && (
        <Lines
          label={text.ids}
          hint={text.idsHint[kind]}
          value={wanted.ids}
          onText={(ids) => onChange({ ids })}
        />
      )}
    </>
  );
}
