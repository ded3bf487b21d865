/**
 * JSON 1.1 with the action in `X-Amz-Target`. In the form in which Imago's own clients speak to
 * every service it is `<service>.<Action>`, and times are ISO 8601; a service that is AWS's in JSON
 * has a name of its own there, and times in seconds. The same model as for XML decides what an
 * input may hold. Blobs are base64.
 */
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import { JsonInput, type JsonTimes } from './json-input.ts';
import { jsonBytes } from './json-output.ts';
import { hasStream, operationOf, type Protocol, type RequestHead, wholeBody } from './protocol.ts';

const headers = { 'content-type': 'application/x-amz-json-1.1' };

export function awsJson(model: ServiceModel): Protocol {
  const protocol = jsonProtocol(model, { name: model.service, times: 'iso' });
  return { ...protocol, claims: (head) => head.headers['x-amz-target'] !== undefined };
}

/** What input that does not read is for services in JSON; the others have a code for each kind. */
const inputCodes = ['InvalidParameterValue', 'MissingParameter', 'UnknownParameter'];

/** As AWS's own clients speak to it. */
export function serviceJson(model: ServiceModel): Protocol {
  const { target: name = model.service } = model;
  const protocol = jsonProtocol(model, { name, times: 'seconds' });
  return {
    ...protocol,
    claims: (head) => head.headers['x-amz-target']?.startsWith(`${name}.`) ?? false,
    error(error, requestId) {
      const [called = error.code] = model.errors?.[error.code] ?? [];
      const code = inputCodes.includes(called) ? 'ValidationException' : called;
      return protocol.error({ ...error, code }, requestId);
    },
  };
}

function jsonProtocol(
  model: ServiceModel,
  { name, times }: { name: string; times: JsonTimes },
): Omit<Protocol, 'claims'> {
  const json = new JsonInput(model, times);
  const target = ({ headers: sent }: Pick<RequestHead, 'headers'>) =>
    (sent['x-amz-target'] ?? '').split('.', 2) as [string, string?];
  return {
    targetOf: (head) => ({ action: target(head)[1] ?? '', streamed: false }),
    read(head, body) {
      const [service, action = ''] = target(head);
      if (service !== name) {
        throw new ServiceError(
          'InvalidAction',
          `X-Amz-Target must be ${name}.<Action>, for which the request is signed.`,
        );
      }
      return { action, decode: () => decode(model, json, action, wholeBody(body)) };
    },
    result: (_action, output) => ({
      status: 200,
      headers,
      body: jsonBytes((output ?? {}) as Record<string, unknown>, times),
    }),
    error: ({ code, message }) => ({
      headers,
      body: [Buffer.from(JSON.stringify({ __type: code, message }))],
    }),
  };
}

function decode(model: ServiceModel, json: JsonInput, action: string, body: Uint8Array) {
  const { input, output = '' } = operationOf(model, action);
  if ([input, output].some((ref) => hasStream(model, ref))) {
    throw new ServiceError(
      'UnsupportedProtocol',
      `${action} takes or gives bytes as they are: ask for it at its own path.`,
    );
  }
  return json.decode(input, json.parse(body)) as Record<string, unknown>;
}
