/**
 * Single values as text on the wire, for every protocol: strict reading, and the errors for what
 * does not read.
 */
import type { ScalarName } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';

/** Enough to recognise a value in an error message without sending a book back. */
const echoMaxLength = 80;

const wholeNumber = /^[+-]?\d{1,16}$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 cannot carry
const notInXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

export function readScalar(kind: ScalarName, text: string, parameter: string): unknown {
  switch (kind) {
    case 'string':
      return checkText(text, parameter);
    case 'boolean': {
      // In any case, as EC2 takes it: Python's clients (libcloud) write theirs.
      const value = text.toLowerCase();
      if (value === 'true' || value === 'false') return value === 'true';
      throw invalidValue(text, parameter, 'expected true or false');
    }
    case 'number': {
      const value = Number(text);
      if (wholeNumber.test(text) && Number.isSafeInteger(value)) return value;
      throw invalidValue(text, parameter, 'expected a whole number');
    }
    case 'timestamp':
      return readTimestamp(text, parameter);
    case 'stream': // not in a text: a protocol gives the body itself
    case 'blob':
      if (base64.test(text)) return new Uint8Array(Buffer.from(text, 'base64'));
      throw invalidValue(text, parameter, 'expected base64');
  }
}

/** Text that could not be sent back (tags, names) is refused where it comes in. */
export function checkText(text: string, parameter: string): string {
  if (notInXml.test(text) || !text.isWellFormed()) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The value for parameter ${parameter} has characters that XML cannot carry.`,
    );
  }
  return text;
}

function readTimestamp(text: string, parameter: string): Date {
  const date = new Date(text);
  const day = text.slice(0, 10);
  // Date rolls 31 February over to March; EC2 refuses it.
  const midnight = new Date(`${day}T00:00:00Z`);
  const exists =
    dateTime.test(text) &&
    !Number.isNaN(date.getTime()) &&
    !Number.isNaN(midnight.getTime()) &&
    midnight.toISOString().startsWith(day);
  if (exists) return date;
  throw invalidValue(text, parameter, 'expected a time such as 2026-11-23T10:00:00Z');
}

export function invalidValue(value: string, parameter: string, expected: string): ServiceError {
  const shown = value.length > echoMaxLength ? `${value.slice(0, echoMaxLength)}…` : value;
  return new ServiceError(
    'InvalidParameterValue',
    `Value (${shown}) for parameter ${parameter} is invalid: ${expected}.`,
  );
}

export function unknownParameter(parameter: string): ServiceError {
  return new ServiceError('UnknownParameter', `The parameter ${parameter} is not recognized.`);
}

export function missingParameter(parameter: string): ServiceError {
  return new ServiceError(
    'MissingParameter',
    `The request must contain the parameter ${parameter}.`,
  );
}
