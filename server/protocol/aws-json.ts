/**
 * JSON 1.1 with `X-Amz-Target: <service>.<Action>`: Imago's own service and its own clients, and any service of ours
 * for whoever prefers JSON. The same model as for XML decides what an input may hold. Times are ISO 8601, blobs base64.
 */
import type { ScalarName, ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { Bytes } from './pieces.ts';
import { isAsyncIterable, type Protocol } from './protocol.ts';
import {
  checkText,
  invalidValue,
  missingParameter,
  readScalar,
  unknownParameter,
} from './scalars.ts';

export const awsJson: Protocol = {
  contentType: 'application/x-amz-json-1.1',
  result: (_action, output) => bytesOf((output ?? {}) as Record<string, unknown>),
  error: ({ code, message }) => JSON.stringify({ __type: code, message }),
};

/** A list that comes in parts is waited for: JSON is for commands of people, who ask for little. */
function bytesOf(output: Record<string, unknown>): Bytes {
  return Object.values(output).some(isAsyncIterable) ? whole(output) : [encode(output)];
}

async function* whole(output: Record<string, unknown>): AsyncGenerator<Buffer> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(output)) {
    read[name] = isAsyncIterable(value) ? (await Array.fromAsync(value)).flat() : value;
  }
  yield encode(read);
}

const encode = (output: unknown) => Buffer.from(JSON.stringify(output, blobsAsBase64));

/** `text` is a whole body; an empty one is an empty input. */
export function decodeJson(
  model: ServiceModel,
  action: string,
  text: string,
): Record<string, unknown> {
  const operation = model.operations[action];
  if (!operation) throw new Error(`${model.service} offers no ${action}`);
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ServiceError('SerializationException', 'The body is not valid JSON.');
  }
  return decodeValue(model, operation.input, value, '') as Record<string, unknown>;
}

function decodeValue(model: ServiceModel, ref: string, value: unknown, path: string): unknown {
  const shape = model.shapes[ref];
  if (!shape) return decodeScalar(ref as ScalarName, value, path);
  if ('list' in shape) {
    if (!Array.isArray(value)) throw invalidValue(shown(value), path, 'expected a list');
    return value.map((entry, index) =>
      decodeValue(model, shape.list, entry, `${path}.${index + 1}`),
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidValue(shown(value), path || 'of the request', 'expected an object');
  }
  const struct: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    const memberPath = path === '' ? name : `${path}.${name}`;
    const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
    if (member === undefined) throw unknownParameter(checkText(memberPath, 'of a name'));
    if (entry === null) continue; // as AWS: null is absent
    struct[name] = decodeValue(
      model,
      typeof member === 'string' ? member : member[0],
      entry,
      memberPath,
    );
  }
  const missing = shape.required?.find((name) => struct[name] === undefined);
  if (missing) throw missingParameter(path === '' ? missing : `${path}.${missing}`);
  return struct;
}

function decodeScalar(kind: ScalarName, value: unknown, path: string): unknown {
  const json = kind === 'number' || kind === 'boolean' ? kind : 'string';
  if (typeof value !== json) throw invalidValue(shown(value), path, `expected a ${json}`);
  return readScalar(kind, String(value), path);
}

const shown = (value: unknown) => (typeof value === 'object' ? '' : String(value));

/** Called with the object as `this`: a Buffer has a `toJSON`, which has run by the time `value` is passed. */
function blobsAsBase64(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value;
}
