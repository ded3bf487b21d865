/**
 * One request from bytes to bytes: which protocol, who calls, which action, is it offered, is every parameter honoured,
 * run, and how the answer looks. Sockets, limits and timeouts are the listener's; what an action does is the operation's.
 *
 *   read form or JSON -> verify signature -> find action -> decode input -> check accepted -> run (or dry run) -> encode
 */
import { ec2ActionNames, stsActionNames } from '../../api/generated/action-names.ts';
import { ec2Model } from '../../api/generated/ec2.ts';
import { stsModel } from '../../api/generated/sts.ts';
import { imagoActionNames, imagoModel } from '../../api/imago.ts';
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { Log } from '../foundations/log.ts';
import type { Caller, Operation, OperationContext } from '../operations/operation.ts';
import { awsJson, decodeJson } from '../protocol/aws-json.ts';
import { awsQuery } from '../protocol/aws-query.ts';
import { ec2Query } from '../protocol/ec2-query.ts';
import { type Parameters, parseForm, utf8Text } from '../protocol/form.ts';
import type { Bytes } from '../protocol/pieces.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { QueryInput } from '../protocol/query-input.ts';
import { AcceptedInput, checkPath } from './accepted-input.ts';
import { dryRunCatalog, dryRunOperation } from './dry-run.ts';
import { statusOf, toldError } from './errors.ts';
import { type AnyOperation, runInPages } from './run-in-pages.ts';
import { claimedService, type VerifierOptions, verifySignature } from './signature.ts';

/** Every action that api/ offers for the service, and no other. */
export type OperationTable = Readonly<Record<string, Operation<never, unknown>>>;

export interface DispatchOptions extends Omit<VerifierOptions, 'services'> {
  operations: { ec2: OperationTable; sts: OperationTable; imago: OperationTable };
  contextFor(caller: Caller, requestId: string): OperationContext;
  log: Log;
}

export interface RawRequest {
  method: string;
  path: string;
  /** Without the question mark. */
  queryString: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface RawResponse {
  status: number;
  contentType: string;
  body: Bytes;
}

export interface Dispatcher {
  handle(request: RawRequest, requestId: string): Promise<RawResponse>;
  /** The answer to a request that was not let in, such as one with too large a body. */
  refuse(request: RawRequest, error: ServiceError, requestId: string): RawResponse;
}

interface Service {
  model: ServiceModel;
  /** All actions of the official model. */
  actionNames: ReadonlySet<string>;
  operations: OperationTable;
  accepted: ReadonlyMap<string, AcceptedInput>;
  /** Absent where the service speaks JSON only. */
  query?: { protocol: Protocol; input: QueryInput };
}

/** What a request asks for, as far as it can be told before its sender is known. */
interface Ask {
  protocol: Protocol;
  service: Service;
  action: string;
  decode(): Record<string, unknown>;
}

export function createDispatcher(options: DispatchOptions): Dispatcher {
  const services = servicesOf(options.operations);
  const verifier: VerifierOptions = { ...options, services: [...services.keys()] };

  async function handle(request: RawRequest, requestId: string): Promise<RawResponse> {
    const startedMs = performance.now();
    let protocol = protocolOf(request, services);
    const facts: Record<string, unknown> = { requestId };
    try {
      checkRequestLine(request);
      const query = parseForm(request.queryString);
      const caller = await verifySignature({ ...request, query }, verifier);
      const service = services.get(caller.service) as Service;
      const ask = isJson(request)
        ? askOfJson(request, service)
        : askOfForm(request, query, service);
      protocol = ask.protocol;
      Object.assign(facts, { service: caller.service, action: ask.action, region: caller.region });
      const output = await run(ask, options.contextFor(caller, requestId));
      logDone(facts, 200, startedMs);
      const body = protocol.result(ask.action, output, requestId);
      return { status: 200, contentType: protocol.contentType, body };
    } catch (cause) {
      const error = toldError(cause, requestId);
      if (error !== cause) options.log.error('operation failed', { ...facts, cause });
      logDone({ ...facts, code: error.code }, statusOf(error.code), startedMs);
      return errorResponse(protocol, error, requestId);
    }
  }

  function logDone(facts: Record<string, unknown>, status: number, startedMs: number): void {
    const tookMs = Math.round((performance.now() - startedMs) * 10) / 10;
    options.log.info('request', { ...facts, status, tookMs });
  }

  return {
    handle,
    refuse: (request, error, requestId) =>
      errorResponse(protocolOf(request, services), error, requestId),
  };
}

async function run(ask: Ask, context: OperationContext): Promise<unknown> {
  const { service, action } = ask;
  if (!Object.hasOwn(service.operations, action)) throw notOffered(service, action);
  const { DryRun: dryRun, ...input } = ask.decode();
  service.accepted.get(action)?.check(input);
  const operation = service.operations[action] as AnyOperation;
  if (dryRun !== true) return runInPages(operation, input, context);
  await operation.run(input, { ...context, catalog: dryRunCatalog(context.catalog) });
  throw dryRunOperation(); // it only read
}

function notOffered({ model, actionNames }: Service, action: string): ServiceError {
  return actionNames.has(action)
    ? new ServiceError('UnsupportedOperation', `Imago does not offer the action ${action}.`)
    : new ServiceError(
        'InvalidAction',
        `The action ${action} is not valid for this web service (${model.service}).`,
      );
}

function checkRequestLine({ method, path }: RawRequest): void {
  if (path !== '/') {
    throw new ServiceError('InvalidAction', 'There is nothing at this path: requests go to /.');
  }
  if (method !== 'POST' && method !== 'GET') {
    throw new ServiceError('UnsupportedProtocol', 'Requests are made with POST or GET.');
  }
}

/** `X-Amz-Target: ec2.DescribeImages` */
function askOfJson({ headers, body }: RawRequest, service: Service): Ask {
  const [target = '', action = ''] = (headers['x-amz-target'] ?? '').split('.', 2);
  if (target !== service.model.service) {
    throw new ServiceError(
      'InvalidAction',
      `X-Amz-Target must be ${service.model.service}.<Action>, for which the request is signed.`,
    );
  }
  const decode = () => decodeJson(service.model, action, utf8Text(body));
  return { protocol: awsJson, service, action, decode };
}

function askOfForm(request: RawRequest, query: Parameters, service: Service): Ask {
  const { model } = service;
  if (!service.query) {
    throw new ServiceError('UnsupportedProtocol', `${model.service} is spoken as JSON only.`);
  }
  const { protocol, input } = service.query;
  const parameters = mergeParameters(query, readBody(request));
  const action = take(parameters, 'Action');
  if (action === undefined) {
    throw new ServiceError('MissingAction', 'The request must contain the parameter Action.');
  }
  const version = take(parameters, 'Version');
  if (version === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter Version.');
  }
  if (version !== model.version) {
    throw new ServiceError(
      'NoSuchVersion',
      `The requested version (${version}) is not offered: it must be ${model.version}.`,
    );
  }
  return { protocol, service, action, decode: () => input.decode(action, parameters) };
}

function readBody({ headers, body }: RawRequest): Parameters {
  if (body.length === 0) return new Map();
  const [contentType = ''] = (headers['content-type'] ?? '').split(';');
  if (contentType.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new ServiceError(
      'UnsupportedProtocol',
      'The body must be application/x-www-form-urlencoded, or application/x-amz-json-1.1 with X-Amz-Target.',
    );
  }
  return parseForm(utf8Text(body));
}

function mergeParameters(query: Parameters, body: Parameters): Parameters {
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

function isJson({ headers }: RawRequest): boolean {
  return headers['x-amz-target'] !== undefined;
}

/** Before the signature is verified this decides only how an error looks. */
function protocolOf(request: RawRequest, services: Map<string, Service>): Protocol {
  if (isJson(request)) return awsJson;
  const text = request.headers.authorization ?? request.queryString;
  const claimed = services.get(claimedService(text) ?? '')?.query;
  return (claimed ?? (services.get('ec2') as Service).query)?.protocol as Protocol;
}

function errorResponse(protocol: Protocol, error: ServiceError, requestId: string): RawResponse {
  const { code, message } = error;
  const status = statusOf(code);
  const body = protocol.error({ code, message, sender: status < 500 }, requestId);
  return { status, contentType: protocol.contentType, body: [Buffer.from(body)] };
}

function servicesOf(operations: DispatchOptions['operations']): Map<string, Service> {
  const ec2 = serviceOf(ec2Model, ec2ActionNames, operations.ec2, ec2Query(ec2Model));
  const sts = serviceOf(stsModel, stsActionNames, operations.sts, awsQuery(stsModel));
  const imago = serviceOf(imagoModel, imagoActionNames, operations.imago);
  return new Map([ec2, sts, imago].map((service) => [service.model.service, service]));
}

/** Refuses to start where the contract and the table differ: a gap is a programmer's error, not a client's. */
function serviceOf(
  model: ServiceModel,
  actionNames: readonly string[],
  operations: OperationTable,
  protocol?: Protocol,
): Service {
  const [offered, present] = [Object.keys(model.operations), Object.keys(operations)];
  const gap =
    offered.find((action) => !present.includes(action)) ??
    present.find((action) => !offered.includes(action));
  if (gap) throw new Error(`api/ and the operations of ${model.service} differ in ${gap}`);
  for (const [action, { inPages }] of Object.entries(operations)) {
    if (!inPages) continue;
    checkPath(model, action, 'input', inPages.ids);
    checkPath(model, action, 'output', inPages.list);
  }
  return {
    model,
    actionNames: new Set(actionNames),
    operations,
    accepted: new Map(
      Object.entries(operations).map(([action, { accepts }]) => [
        action,
        new AcceptedInput(model, action, accepts),
      ]),
    ),
    ...(protocol ? { query: { protocol, input: new QueryInput(model) } } : {}),
  };
}
