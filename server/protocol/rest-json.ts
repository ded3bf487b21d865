/**
 * rest-json: the action is a method and a path; members of the input are labels of the path, query
 * parameters, headers, the payload (bytes as they are) or members of a JSON body, as the model
 * binds them. An error's code is in a header. Times in JSON are
 * seconds since 1970, unless the model says otherwise.
 */
import type { OperationModel, ScalarName, ServiceModel, StructShape } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import { calledError } from './called-error.ts';
import { JsonInput, type JsonTimes } from './json-input.ts';
import { jsonBytes } from './json-output.ts';
import {
  type Answer,
  checkMediaType,
  hasStream,
  isAsyncIterable,
  operationOf,
  type Protocol,
  type RequestBody,
  type RequestHead,
  wholeBody,
} from './protocol.ts';
import { RestRoutes, type Route } from './rest-routes.ts';
import { invalidValue, missingParameter, readScalar, unknownParameter } from './scalars.ts';

const jsonHeaders = { 'content-type': 'application/json' };
const bytesHeaders = { 'content-type': 'application/octet-stream' };

export function restJson(model: ServiceModel): Protocol {
  const routes = new RestRoutes(model.routes ?? {});
  const json = new JsonInput(model, timesOf(model));
  return {
    claims: () => true,
    targetOf(head) {
      const action = routes.find(head)?.action;
      if (action === undefined) return undefined;
      return { action, streamed: hasStream(model, model.operations[action]?.input ?? '') };
    },
    read(head, body) {
      const route = routes.find(head);
      if (route)
        return { action: route.action, decode: () => decode(model, json, route, head, body) };
      throw new ServiceError(
        'UnknownOperationException',
        `${model.service} has nothing at ${head.method} ${head.path}.`,
      );
    },
    result: (action, output) =>
      encode(timesOf(model), model.operations[action], (output ?? {}) as Record<string, unknown>),
    error: ({ code: common, message }) => {
      const [code, Reason] = calledError(model, common);
      return {
        headers: { ...jsonHeaders, 'x-amzn-errortype': code },
        body: [Buffer.from(JSON.stringify({ message, Reason }))],
      };
    },
  };
}

function decode(
  model: ServiceModel,
  json: JsonInput,
  { action, labels }: Route,
  head: RequestHead,
  body: RequestBody,
): Record<string, unknown> {
  const operation = operationOf(model, action);
  const { members, required = [] } = model.shapes[operation.input] as StructShape;
  const bindings = Object.entries(operation.http?.input ?? {});
  const input: Record<string, unknown> = {};
  for (const [name, binding] of bindings) {
    const ref = members[name] as string;
    const [place, key = ''] = binding.split(' ', 2);
    if (place === 'payload') input[name] = readPayload(ref, body);
    else if (place === 'label') input[name] = read(ref, labels.get(name), name);
    else if (place === 'header') input[name] = read(ref, head.headers[key], name);
    else input[name] = readQuery(model, ref, head.query.get(key), name);
    if (input[name] === undefined) delete input[name];
  }
  checkQuery(
    head,
    bindings.map(([, binding]) => binding),
  );
  if (!bindings.some(([, binding]) => binding === 'payload')) {
    const elsewhere = new Set(bindings.map(([name]) => name));
    Object.assign(input, json.decode(operation.input, readJson(json, head, body), elsewhere));
  }
  const missing = required.find((name) => input[name] === undefined);
  if (missing !== undefined) throw missingParameter(missing);
  return input;
}

function read(ref: string, text: string | undefined, name: string): unknown {
  return text === undefined ? undefined : readScalar(ref as ScalarName, text, name);
}

/** Of a list each entry is a parameter of the same name. */
function readQuery(
  model: ServiceModel,
  ref: string,
  values: readonly string[] | undefined,
  name: string,
): unknown {
  if (values === undefined) return undefined;
  const shape = model.shapes[ref];
  if (shape && 'list' in shape) return values.map((value) => read(shape.list, value, name));
  if (values.length === 1) return read(ref, values[0], name);
  throw invalidValue(values.join(), name, 'it is given more than once');
}

/** Parameters of the signature aside, each is one that the action has. */
function checkQuery({ query }: RequestHead, bindings: readonly string[]): void {
  for (const name of query.keys()) {
    if (/^x-amz-/i.test(name) || bindings.includes(`query ${name}`)) continue;
    throw unknownParameter(name);
  }
}

function readPayload(ref: string, body: RequestBody): unknown {
  if (ref === 'blob') return wholeBody(body);
  return isAsyncIterable(body) ? body : oneChunk(body);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function readJson(json: JsonInput, head: RequestHead, body: RequestBody): unknown {
  const bytes = wholeBody(body);
  if (bytes.length > 0) checkMediaType(head, 'application/json');
  return json.parse(bytes);
}

function encode(
  times: JsonTimes,
  operation: OperationModel | undefined,
  output: Record<string, unknown>,
): Answer {
  const bindings = operation?.http?.output ?? {};
  const rest: Record<string, unknown> = {};
  const headers: Record<string, string> = {};
  let status = operation?.http?.status ?? 200;
  let payload: unknown;
  for (const [name, value] of Object.entries(output)) {
    const [place, key = ''] = (bindings[name] ?? '').split(' ', 2);
    if (value === undefined) continue;
    if (place === '') rest[name] = value;
    else if (place === 'header') headers[key] = String(value);
    else if (place === 'status') status = Number(value);
    else payload = value;
  }
  if (status === 204) return { status, headers, body: [] };
  if (!Object.values(bindings).includes('payload')) {
    return { status, headers: { ...headers, ...jsonHeaders }, body: jsonBytes(rest, times) };
  }
  return { status, headers: { ...headers, ...bytesHeaders }, body: payloadBytes(payload) };
}

function payloadBytes(payload: unknown): Answer['body'] {
  if (isAsyncIterable(payload)) return payload as AsyncIterable<Buffer>;
  if (payload instanceof Uint8Array) return [bufferOf(payload)];
  return [];
}

/** Over the same memory. */
function bufferOf(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function timesOf({ times }: ServiceModel): JsonTimes {
  return times ?? 'seconds';
}
