/**
 * Reads `application/x-www-form-urlencoded` text strictly: what a lenient reader would guess at is
 * refused, because here a guess decides what happens to a machine. Knows nothing of any action.
 */
import { ServiceError } from '../../api/service-error.ts';

/** Longest name in the model is below 100; also bounds how deep a name can reach into shapes. */
const nameMaxLength = 256;

export type Parameters = Map<string, string>;
/** Of a name that is given more than once all values, in order. */
export type RepeatedParameters = Map<string, string[]>;

/** A name is given once. */
export function parseForm(text: string): Parameters {
  return singleParameters(parseQuery(text));
}

export function parseQuery(text: string): RepeatedParameters {
  const parameters: RepeatedParameters = new Map();
  if (text === '') return parameters;
  for (const pair of text.split('&')) {
    if (pair === '') continue; // EC2 tolerates `a=1&&b=2`, and a leading or trailing `&`
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (name === '' || name.length > nameMaxLength) {
      throw malformed(`a parameter name is empty or longer than ${nameMaxLength} characters`);
    }
    const values = parameters.get(name);
    if (values) values.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

export function singleParameters(repeated: ReadonlyMap<string, readonly string[]>): Parameters {
  const parameters: Parameters = new Map();
  for (const [name, [value = '', ...others]] of repeated) {
    if (others.length > 0) throw malformed(`the parameter ${name} is given more than once`);
    parameters.set(name, value);
  }
  return parameters;
}

/** Bytes of a body as text; what is not UTF-8 is refused. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('the request is not valid UTF-8');
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);
  } catch {
    throw malformed('a percent-encoding is broken, or does not decode to UTF-8');
  }
}

function malformed(detail: string): ServiceError {
  return new ServiceError(
    'MalformedQueryString',
    `The query string contains a syntax error: ${detail}.`,
  );
}
