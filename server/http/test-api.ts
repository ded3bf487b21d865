/** For tests of the whole API in this process: the real table of operations on a test's context. */
import { EventEmitter } from 'node:events';
import { findCredential, whileAllowed } from '../domain/access-keys.ts';
import { randomIds, systemClock } from '../domain/identity.ts';
import { type Log, silentLog } from '../foundations/log.ts';
import { services as everyService } from '../operations/generated/tables.ts';
import type { OperationContext, ServiceTable } from '../operations/operation.ts';
import type { TestContext } from '../operations/test-context.ts';
import { createListener, type ListenerLimits, type ListenerOptions } from './listener.ts';
import { type Signable, signedHeaders } from './test-listener.ts';

export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface TestApi extends AsyncDisposable {
  port: number;
  /** Says when a key was looked up, by its id. */
  lookUps: EventEmitter;
  checkCallers(): Promise<void>;
  /** The answer to a request that is signed with the key, or not signed. */
  fetch(key: Key | undefined, request: Signable): Promise<Response>;
}

export interface TestApiOptions {
  services?: readonly ServiceTable[];
  limits?: Partial<ListenerLimits>;
  log?: Log;
  consoleFolder?: ListenerOptions['consoleFolder'];
}

export async function startTestApi(
  context: OperationContext,
  { services = everyService, limits, log = silentLog, consoleFolder }: TestApiOptions = {},
): Promise<TestApi> {
  const { catalog, site } = context;
  const lookUps = new EventEmitter();
  const listener = createListener({
    // Signatures are of now, while the context's clock stands still.
    clock: systemClock,
    ids: randomIds,
    log,
    regions: site.regions,
    limits,
    consoleFolder,
    services,
    async findCredential(accessKeyId) {
      const found = await findCredential(catalog, accessKeyId, systemClock);
      lookUps.emit(accessKeyId);
      return found;
    },
    contextFor: (caller, requestId) => ({
      ...context,
      catalog: whileAllowed(catalog, caller, systemClock),
      caller,
      requestId,
    }),
  });
  const { port } = await listener.listen(0);
  return {
    port,
    lookUps,
    checkCallers: () => listener.checkCallers(),
    async fetch(credentials, request) {
      const { method = 'POST', path = '/', query = {}, headers = {}, body } = request;
      const url = new URL(path, `http://127.0.0.1:${port}`);
      url.search = new URLSearchParams(query).toString();
      const signed = credentials && (await signedHeaders(port, { ...request, credentials }));
      return fetch(url, { method, headers: signed ?? headers, body });
    },
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** Of the context's caller. */
export async function keyOf(
  { catalog }: Pick<TestContext, 'catalog'>,
  { accessKeyId }: { accessKeyId: string },
): Promise<Key> {
  const row = await catalog.read(({ credentials }) => credentials.get(accessKeyId));
  if (!row) throw new Error(`there is no key ${accessKeyId}`);
  return { accessKeyId, secretAccessKey: row.secretAccessKey };
}
