/**
 * For the tests of this folder: a listener on a free port with one account, a catalog in a
 * temporary folder, and a table in which a test gives the operations it needs; all others answer
 * `NotInThisTest`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { SignatureV4 } from '@smithy/signature-v4';
import { ec2ActionNames, stsActionNames } from '../../api/generated/action-names.ts';
import { ec2Model } from '../../api/generated/ec2.ts';
import type { Ec2Inputs, Ec2Outputs } from '../../api/generated/ec2-types.ts';
import { stsModel } from '../../api/generated/sts.ts';
import type { StsInputs, StsOutputs } from '../../api/generated/sts-types.ts';
import {
  type ImagoInputs,
  type ImagoOutputs,
  imagoActionNames,
  imagoModel,
} from '../../api/imago.ts';
import type { OpenConsoleRequest } from '../../api/imago-instances.ts';
import type { ServiceModel } from '../../api/model.ts';
import { ServiceError } from '../../api/service-error.ts';
import { newTestCatalog } from '../catalog/sqlite/test-new-catalog.ts';
import { randomIds, systemClock } from '../domain/identity.ts';
import { jsonLog } from '../foundations/log.ts';
import { Sha256 } from '../foundations/sha256.ts';
import type {
  Operation,
  OperationContext,
  OperationTable,
  ServiceTable,
} from '../operations/operation.ts';
import { createListener, type ListenerLimits, type ListenerOptions } from './listener.ts';

type Some<Inputs, Outputs> = {
  [A in keyof Inputs]?: Operation<Inputs[A], A extends keyof Outputs ? Outputs[A] : never>;
};

export interface TestOperations {
  ec2?: Some<Ec2Inputs, Ec2Outputs>;
  sts?: Some<StsInputs, StsOutputs>;
  imago?: Some<ImagoInputs, ImagoOutputs>;
  others?: ServiceTable[];
  limits?: Partial<ListenerLimits>;
  consoleFolder?: string;
  consoleOrigins?: readonly string[];
  metrics?: ListenerOptions['metrics'];
  onAnswered?: ListenerOptions['onAnswered'];
  /** Ids of access keys that are not active any more. */
  inactive?: ReadonlySet<string>;
}

export const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret/of+test' };
/** Of an account that is not the operator's. */
export const otherCredentials = { accessKeyId: 'AKIAOTHER', secretAccessKey: 'other secret' };
const keys = [credentials, otherCredentials];
export const account = '000000000001';
const otherAccount = '000000000002';
export const regions = ['us-east-1', 'eu-west-1'];

const formHeaders = {
  'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
};

export interface Signable {
  method?: string;
  path?: string;
  service?: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  credentials?: typeof credentials;
  /** As botocore signs: over the hash of the body, which no header says. */
  withoutHash?: boolean;
}

/** The headers of a request to that port, signed by the official library. */
export async function signedHeaders(port: number, request: Signable) {
  const { method = 'POST', path = '/', query = {}, body = '', service = 'ec2' } = request;
  const signer = new SignatureV4({
    credentials: request.credentials ?? credentials,
    region: 'us-east-1',
    service,
    sha256: Sha256,
    applyChecksum: !request.withoutHash,
  });
  const { headers } = await signer.sign({
    method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path,
    query,
    body,
    headers: { host: `127.0.0.1:${port}`, ...formHeaders, ...request.headers },
  });
  return headers;
}

export interface TestListener extends AsyncDisposable {
  endpoint: string;
  port: number;
  /** Lines of the log. */
  log: Record<string, unknown>[];
  catalog: OperationContext['catalog'];
  checkCallers(): Promise<void>;
}

export async function startTestListener(
  operations: TestOperations,
  port = 0,
): Promise<TestListener> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-http-'));
  const catalog = await newTestCatalog(path.join(folder, 'imago.db'));
  const log: Record<string, unknown>[] = [];
  const release = async () => {
    await catalog.close();
    await rm(folder, { recursive: true });
  };
  const listener = createListener({
    services: [
      tableOf(ec2Model, ec2ActionNames, operations.ec2),
      tableOf(stsModel, stsActionNames, operations.sts),
      tableOf(imagoModel, imagoActionNames, operations.imago),
      ...(operations.others ?? []),
    ],
    limits: operations.limits,
    consoleFolder: operations.consoleFolder,
    consoleOrigins: operations.consoleOrigins,
    metrics: operations.metrics,
    onAnswered: operations.onAnswered,
    // Operations of these tests use nothing else of their context.
    contextFor: (caller, requestId) => ({ caller, requestId, catalog }) as OperationContext,
    findCredential: async (id) =>
      keys
        .filter(({ accessKeyId }) => id === accessKeyId && !operations.inactive?.has(id))
        .map(({ secretAccessKey }) => ({
          account: id === credentials.accessKeyId ? account : otherAccount,
          secretAccessKey,
          operator: id === credentials.accessKeyId,
          groups: [],
        }))[0],
    regions,
    clock: systemClock,
    ids: randomIds,
    log: jsonLog((line) => log.push(JSON.parse(line))),
  });
  const bound = await listener.listen(port).catch(async (error) => {
    await release();
    throw error;
  });
  return {
    endpoint: `http://127.0.0.1:${bound.port}`,
    port: bound.port,
    log,
    catalog,
    checkCallers: () => listener.checkCallers(),
    async [Symbol.asyncDispose]() {
      await listener.close();
      await release();
    },
  };
}

/** OpenConsole of a host that has the instance i-1; its guest's end is given to each who asks. */
export function consoleOf(onGuest: (guest: Duplex) => void): Operation<OpenConsoleRequest, Duplex> {
  return {
    accepts: ['InstanceId'],
    connects: true,
    async run({ InstanceId }) {
      if (InstanceId !== 'i-1') throw new ServiceError('InvalidInstanceID.NotFound', 'No such.');
      const [near, far] = duplexPair();
      onGuest(far);
      return near;
    },
  };
}

export function tableOf(
  model: ServiceModel,
  actionNames: readonly string[],
  operations?: object,
): ServiceTable {
  return { model, actionNames, operations: complete(model, operations) };
}

function complete(model: ServiceModel, operations: object = {}): OperationTable {
  const missing: Operation<never, unknown> = {
    accepts: [],
    run: async () => {
      throw new ServiceError('NotInThisTest', 'The test has no such operation.');
    },
  };
  return {
    ...Object.fromEntries(Object.keys(model.operations).map((action) => [action, missing])),
    ...operations,
  };
}
