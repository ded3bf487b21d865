/**
 * Requests of both query protocols: `Action`, `Version` and the input as a form, in the query
 * string, the body, or parted.
 */
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import { type Parameters, parseForm, singleParameters, utf8Text } from './form.ts';
import { checkMediaType, type Protocol, type RequestHead, wholeBody } from './protocol.ts';
import { QueryInput } from './query-input.ts';

export function queryRequests(model: ServiceModel): Pick<Protocol, 'claims' | 'targetOf' | 'read'> {
  const input = new QueryInput(model);
  return {
    claims: () => true,
    targetOf: () => undefined, // the action is in the body
    read(head, body) {
      checkRequestLine(head);
      const parameters = merged(singleParameters(head.query), readForm(head, wholeBody(body)));
      const action = take(parameters, 'Action');
      if (action === undefined) {
        throw new ServiceError('MissingAction', 'The request must contain the parameter Action.');
      }
      checkVersion(take(parameters, 'Version'), model.version);
      return { action, decode: () => input.decode(action, parameters) };
    },
  };
}

function checkRequestLine({ method, path }: RequestHead): void {
  if (path !== '/') {
    throw new ServiceError('InvalidAction', 'There is nothing at this path: requests go to /.');
  }
  if (method !== 'POST' && method !== 'GET') {
    throw new ServiceError('UnsupportedProtocol', 'Requests are made with POST or GET.');
  }
}

function checkVersion(version: string | undefined, offered: string): void {
  if (version === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter Version.');
  }
  if (version === offered) return;
  throw new ServiceError(
    'NoSuchVersion',
    `The requested version (${version}) is not offered: it must be ${offered}.`,
  );
}

function readForm(head: RequestHead, body: Uint8Array): Parameters {
  if (body.length === 0) return new Map();
  const form = 'application/x-www-form-urlencoded';
  checkMediaType(head, form, `${form}, or application/x-amz-json-1.1 with X-Amz-Target`);
  return parseForm(utf8Text(body));
}

function merged(query: Parameters, body: Parameters): Parameters {
  for (const [name, value] of query) {
    if (/^x-amz-/i.test(name)) continue; // of the signature
    if (body.has(name)) {
      throw new ServiceError(
        'MalformedQueryString',
        `The parameter ${name} is both in the query string and in the body.`,
      );
    }
    body.set(name, value);
  }
  return body;
}

function take(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name);
  parameters.delete(name);
  return value;
}
