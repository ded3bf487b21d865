/** A field of the launch, and under it what the API refused of it. */
import type { ComponentChildren } from 'preact';
import { AtField as Field } from '../../parts/at-field.tsx';
import { type FieldName, fieldOf } from './field-of.ts';

interface Props {
  name: FieldName;
  error: unknown;
  children: ComponentChildren;
}

export function AtField({ name, error, children }: Props) {
  return (
    <Field isAbout={fieldOf(error) === name} error={error} isSought>
      {children}
    </Field>
  );
}
