/** A request of a rest-json service at its own path, as the model binds the members of its input. */
import type { Binding, ServiceModel } from '../../api/model.ts';
import type { Signable } from '../../server/http/test-listener.ts';
import { hasStream } from '../../server/protocol/protocol.ts';

/** Bytes as they are: JSON has none. */
export function isOfBytes(model: ServiceModel, action: string): boolean {
  const { input = '', output = '' } = model.operations[action] ?? {};
  return [input, output].some((ref) => hasStream(model, ref));
}

export function restRequest(
  model: ServiceModel,
  action: string,
  input: object,
): Signable & { path: string; query: Record<string, string> } {
  const [method = '', route = ''] = (model.routes?.[action] ?? '').split(' ');
  const bindings: Readonly<Record<string, Binding>> = model.operations[action]?.http?.input ?? {};
  const headers: Record<string, string> = { 'content-type': 'application/octet-stream' };
  const query: Record<string, string> = {};
  let [path, body] = [route, undefined as Uint8Array<ArrayBuffer> | undefined];
  for (const [name, value] of Object.entries(input)) {
    const [place, key = ''] = (bindings[name] ?? '').split(' ', 2);
    if (place === 'label') path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    else if (place === 'query') query[key] = String(value);
    else if (place === 'header') headers[key] = String(value);
    else if (place === 'payload') body = value;
    else throw new Error(`${name} of ${action} is in a body of JSON`);
  }
  // What names nothing is a request all the same.
  path = path.replaceAll(/\{\w+\}/g, '0');
  return { method, path, service: model.service, headers, query, body };
}
