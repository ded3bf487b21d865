/** What a component's document says of itself: its kind and its parameters. */
import { ServiceError } from '../../../api/service-error.ts';
import type { ComponentRow } from '../../catalog/rows/component.ts';
import type { ComponentDocument } from '../../components/document.ts';
import { readDocument } from '../../components/read-document.ts';
import { DocumentError } from '../../components/yaml-tree.ts';

/** Of all parameters: the language has no others. */
const parameterType = 'string';

export function documentFacts(data: string): Pick<ComponentRow, 'type' | 'parameters'> {
  const { phases, parameters } = read(data);
  return {
    type: phases.every(({ name }) => name === 'test') ? 'TEST' : 'BUILD',
    parameters: parameters.map(({ name, default: value, description, allowedValues }) => ({
      name,
      type: parameterType,
      ...(value === undefined ? {} : { defaultValue: [value] }),
      ...(description === undefined ? {} : { description }),
      ...(allowedValues === undefined ? {} : { allowedValues }),
    })),
  };
}

function read(data: string): ComponentDocument {
  try {
    return readDocument(data);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new ServiceError(
      'InvalidParameterValueException',
      `The document of the component is not valid: ${error.message}`,
    );
  }
}
