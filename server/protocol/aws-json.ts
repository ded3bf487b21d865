/**
 * JSON 1.1 with `X-Amz-Target: <service>.<Action>`: the form in which Imago's own clients speak to
 * every service. The same model as for XML decides what an input may hold. Times are ISO 8601,
 * blobs base64.
 */
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import { JsonInput } from './json-input.ts';
import { jsonBytes } from './json-output.ts';
import { hasStream, operationOf, type Protocol, type RequestHead, wholeBody } from './protocol.ts';

const headers = { 'content-type': 'application/x-amz-json-1.1' };

export function awsJson(model: ServiceModel): Protocol {
  const json = new JsonInput(model, 'iso');
  const target = ({ headers: sent }: Pick<RequestHead, 'headers'>) =>
    (sent['x-amz-target'] ?? '').split('.', 2) as [string, string?];
  return {
    claims: (head) => head.headers['x-amz-target'] !== undefined,
    targetOf: (head) => ({ action: target(head)[1] ?? '', streamed: false }),
    read(head, body) {
      const [service, action = ''] = target(head);
      if (service !== model.service) {
        throw new ServiceError(
          'InvalidAction',
          `X-Amz-Target must be ${model.service}.<Action>, for which the request is signed.`,
        );
      }
      return { action, decode: () => decode(model, json, action, wholeBody(body)) };
    },
    result: (_action, output) => ({
      status: 200,
      headers,
      body: jsonBytes((output ?? {}) as Record<string, unknown>, 'iso'),
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
