/**
 * An input as the fields of a form, named as the model names them; what the model does not know
 * as it comes.
 */
import type { ServiceModel } from '../../api/model.ts';

export type Field = [name: string, text: string];

export function formFields(model: ServiceModel, action: string, input: object): Field[] {
  const fields: Field[] = [];
  const add = (ref: string | undefined, value: unknown, name: string) => {
    const shape = ref === undefined ? undefined : model.shapes[ref];
    if (Array.isArray(value)) {
      const entry = shape && 'list' in shape ? shape.list : undefined;
      for (const [index, each] of value.entries()) add(entry, each, `${name}.${index + 1}`);
      return;
    }
    if (typeof value !== 'object' || value === null) {
      fields.push([name, String(value ?? '')]);
      return;
    }
    for (const [key, each] of Object.entries(value)) {
      const member =
        shape && 'members' in shape && Object.hasOwn(shape.members, key)
          ? shape.members[key]
          : undefined;
      const below = typeof member === 'string' || member === undefined ? key : member[1];
      const memberRef = typeof member === 'string' ? member : member?.[0];
      add(memberRef, each, name === '' ? below : `${name}.${below}`);
    }
  };
  const known = Object.hasOwn(model.operations, action) ? model.operations[action] : undefined;
  add(known?.input, input, '');
  return fields;
}
