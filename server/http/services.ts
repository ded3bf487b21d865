/**
 * The services as the dispatcher needs them: the protocols that each is spoken in, and what its
 * operations accept.
 */
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import type { Operation, OperationTable, ServiceTable } from '../operations/operation.ts';
import { awsJson, serviceJson } from '../protocol/aws-json.ts';
import { awsQuery } from '../protocol/aws-query.ts';
import { calledError } from '../protocol/called-error.ts';
import { ec2Query } from '../protocol/ec2-query.ts';
import type { Protocol, RequestHead } from '../protocol/protocol.ts';
import { restJson } from '../protocol/rest-json.ts';
import { AcceptedInput, checkPath } from './accepted-input.ts';
import { statusOf } from './errors.ts';

/**
 * The largest honest body is a RunInstances with 16 KiB of user data (66 KiB after base64 and
 * percent-encoding at worst), or a describe with 1,000 ids (40 KiB): 1 MiB is far above and still
 * nothing for the host.
 */
export const bodyMaxBytes = 1024 * 1024;

const ownProtocol = {
  'aws-json': serviceJson,
  'ec2-query': ec2Query,
  query: awsQuery,
  'rest-json': restJson,
} as const;

export class Service {
  readonly model: ServiceModel;
  /** One of its actions takes a body as Zstandard: every answer says so. */
  readonly takesZstd: boolean;
  readonly #actionNames: ReadonlySet<string>;
  readonly #operations: OperationTable;
  readonly #accepted: ReadonlyMap<string, AcceptedInput>;
  /** The first that claims a request is its protocol; the last has what none claims. */
  readonly #protocols: readonly Protocol[];

  /**
   * Refuses to start where the contract and the table differ: a gap is a programmer's error, not a
   * client's.
   */
  constructor({ model, actionNames, operations }: ServiceTable) {
    checkTable(model, operations);
    this.model = model;
    this.#actionNames = new Set(actionNames);
    this.#operations = operations;
    this.takesZstd = Object.values(operations).some(({ zstd }) => zstd === 'request');
    const [own, ofClients] = [ownProtocol[model.protocol](model), awsJson(model)];
    this.#protocols = model.protocol === 'aws-json' ? [own, ofClients] : [ofClients, own];
    this.#accepted = new Map(
      Object.entries(operations).map(([action, operation]) => [
        action,
        new AcceptedInput(model, action, operation),
      ]),
    );
  }

  protocolOf(head: Omit<RequestHead, 'query'>): Protocol {
    const claiming = this.#protocols.find((protocol) => protocol.claims(head));
    return claiming ?? (this.#protocols.at(-1) as Protocol);
  }

  /** Of an action that nobody has verified to be one. */
  bodyMaxBytesOf(action = ''): number {
    return this.#offered(action)?.bodyMaxBytes ?? bodyMaxBytes;
  }

  /** The header to whose checksum an action holds its body. */
  bodyChecksumOf(action = ''): string | undefined {
    return this.#offered(action)?.bodyChecksum;
  }

  zstdOf(action = ''): Operation<never, unknown>['zstd'] {
    return this.#offered(action)?.zstd;
  }

  /** As the service calls the error. */
  statusOf(code: string): number {
    const [called] = calledError(this.model, code);
    return this.model.statuses?.[called] ?? statusOf(called);
  }

  operation(action: string): Operation<never, unknown> {
    const found = this.#offered(action);
    if (found) return found;
    throw this.#actionNames.has(action)
      ? new ServiceError('UnsupportedOperation', `Imago does not offer the action ${action}.`)
      : new ServiceError(
          'InvalidAction',
          `The action ${action} is not valid for this web service (${this.model.service}).`,
        );
  }

  checkAccepted(action: string, input: object): void {
    this.#accepted.get(action)?.check(input);
  }

  #offered(action: string): Operation<never, unknown> | undefined {
    return Object.hasOwn(this.#operations, action) ? this.#operations[action] : undefined;
  }
}

function checkTable(model: ServiceModel, operations: OperationTable): void {
  const [offered, present] = [Object.keys(model.operations), Object.keys(operations)];
  const gap =
    offered.find((action) => !present.includes(action)) ??
    present.find((action) => !offered.includes(action));
  if (gap) throw new Error(`api/ and the operations of ${model.service} differ in ${gap}`);
  for (const [action, { inPages }] of Object.entries(operations)) {
    if (!inPages) continue;
    if (inPages.ids) checkPath(model, action, 'input', inPages.ids);
    checkPath(model, action, 'output', inPages.list);
  }
}
