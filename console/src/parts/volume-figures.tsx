/** Size, type and speed of a volume, to be made or changed. */

import { volumesText } from '../text/volumes.ts';
import { Field } from './field.tsx';

const text = volumesText.figures;

export interface Figures {
  size: string;
  type: string;
  iops: string;
  throughput: string;
}

const types = ['gp3', 'gp2', 'io1', 'io2', 'st1', 'sc1', 'standard'] as const;

interface Props {
  value: Figures;
  sizeMin?: number;
  sizeHint?: string;
  onChange(part: Partial<Figures>): void;
}

export function FiguresFields({ value, sizeMin = 1, sizeHint, onChange }: Props) {
  const hasIops = ['gp3', 'io1', 'io2'].includes(value.type);
  return (
    <>
      <Field
        label={text.size}
        type="number"
        min={sizeMin}
        hint={sizeHint}
        value={value.size}
        onText={(size) => onChange({ size })}
      />
      <label class="field">
        <span>{text.type}</span>
        <select
          value={value.type}
          onChange={({ currentTarget }) =>
            onChange({ type: currentTarget.value, iops: '', throughput: '' })
          }
        >
          {types.map((type) => (
            <option key={type} value={type}>
              {text.types[type]}
            </option>
          ))}
        </select>
      </label>
      {hasIops && (
        <Field
          label={text.iops}
          type="number"
          min={1}
          required={value.type !== 'gp3'}
          hint={value.type === 'gp3' ? text.asFast : undefined}
          value={value.iops}
          onText={(iops) => onChange({ iops })}
        />
      )}
      {value.type === 'gp3' && (
        <Field
          label={text.throughput}
          type="number"
          min={1}
          value={value.throughput}
          onText={(throughput) => onChange({ throughput })}
        />
      )}
    </>
  );
}

/** Undefined of an empty field: the API's default. */
export function figureOf(text: string): number | undefined {
  return text.trim() === '' ? undefined : Number(text);
}
