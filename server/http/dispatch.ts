/**
 * One request from bytes to bytes: who calls, in which protocol, which action, is it offered and
 * for this caller, is every parameter honoured, run, and how the answer looks. Sockets, pace and
 * timeouts are the listener's; what an action does is the operation's.
 *
 *   begin to verify the head -> the action, as far as the head says it
 *     -> body, within the action's limit -> verify -> read the request
 *     -> audience, decode input, check accepted -> run (or dry run) -> encode
 */
import type { Duplex } from 'node:stream';
import { ServiceError } from '../../api/service-error.ts';
import type { Log } from '../foundations/log.ts';
import type { Caller, OperationContext, ServiceTable } from '../operations/operation.ts';
import { parseQuery } from '../protocol/form.ts';
import type {
  Answer,
  Ask,
  Protocol,
  RequestBody,
  RequestHead,
  Target,
} from '../protocol/protocol.ts';
import { SenderLeftError } from './body.ts';
import { isZstd, packedAnswer, takesZstd, unpackedBody, wantsZstd } from './content-coding.ts';
import { dryRunCatalog, dryRunOperation } from './dry-run.ts';
import { toldError } from './errors.ts';
import { type AnyOperation, runInPages } from './run-in-pages.ts';
import { Service } from './services.ts';
import {
  type CheckedStream,
  unknownKey,
  Verification,
  type VerifiedCaller,
  type VerifierOptions,
} from './signature.ts';
import { claimedService } from './signature-claim.ts';

export interface DispatchOptions extends Omit<VerifierOptions, 'services'> {
  services: readonly ServiceTable[];
  contextFor(caller: Caller, requestId: string): OperationContext;
  log: Log;
  /** Hears of each request, with what it was as far as that was understood. */
  onAnswered?: (answered: Answered) => void;
}

export interface Answered {
  method: string;
  service?: string;
  action?: string;
  /** Of the error that it was answered with. */
  code?: string;
  status: number;
  tookMs: number;
}

export interface RawRequest extends Omit<RequestHead, 'query'> {
  /** Without the question mark. */
  queryString: string;
  body: {
    whole(maxBytes: number): Promise<Uint8Array>;
    stream(maxBytes: number): AsyncIterable<Uint8Array>;
  };
  /** Called when the sender has shown that it has a key. */
  proven(): void;
}

/** What lets a connection in. */
export interface ConnectionGate {
  /** Throws where a page asks that may not. */
  checkOrigin(): void;
  /** Whether there is room for it; `isGood` says whether its caller may have it still. */
  takePlace(of: { account: string; isGood: () => Promise<boolean> }): boolean;
}

/** What is asked for, by whom. */
interface Asked {
  service: Service;
  protocol: Protocol;
  ask: Ask;
  caller: VerifiedCaller;
  stream?: CheckedStream;
  expiresSeconds?: number;
}

/** A connection stays open for long, so the URL that opens one is good for a minute only. */
const connectExpiresMaxSeconds = 60;

export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #verifier: VerifierOptions;
  readonly #services: ReadonlyMap<string, Service>;
  /** How an error looks while nothing is known of its request. */
  readonly #usual: Service;

  constructor(options: DispatchOptions) {
    const services = options.services.map((table) => new Service(table));
    if (!services[0]) throw new Error('there are no services');
    this.#options = options;
    this.#services = new Map(services.map((service) => [service.model.service, service]));
    this.#verifier = { ...options, services: [...this.#services.keys()] };
    this.#usual = services[0];
  }

  async handle(request: RawRequest, requestId: string): Promise<Answer> {
    return this.#answered(request, requestId, async (facts) => {
      const asked = await this.#ask(request, facts);
      let sent: Answer['sent'];
      const context = this.#options.contextFor(asked.caller, requestId);
      const output = await run(asked, { ...context, onSent: (work) => (sent = work) });
      const { action } = asked.ask;
      if (asked.stream && !asked.stream.ended) throw new Error(`${action} left its body unread`);
      const answer = await answerTo(request, asked, output, requestId);
      return { ...answer, sent };
    });
  }

  /** The other end of the connection that is asked for, or why there is none. */
  async connect(
    request: RawRequest,
    requestId: string,
    { checkOrigin, takePlace }: ConnectionGate,
  ): Promise<Duplex | Answer> {
    return this.#answered(request, requestId, async (facts) => {
      checkOrigin();
      const asked = await this.#ask(request, facts);
      if ((asked.expiresSeconds ?? 0) > connectExpiresMaxSeconds) {
        throw new ServiceError(
          'AuthFailure',
          `The URL of a connection must expire in at most ${connectExpiresMaxSeconds} seconds.`,
        );
      }
      const isGood = () => this.#isGood(asked.caller);
      if (!takePlace({ account: asked.caller.account, isGood })) {
        throw new ServiceError('RequestLimitExceeded', 'Too many connections are open.');
      }
      // Whoever disables a key ends what has a place; this one may have come too late for that.
      if (!(await isGood())) throw unknownKey(asked.caller.service);
      return connect(asked, this.#options.contextFor(asked.caller, requestId));
    });
  }

  /** Whoever came as an operator must be one still. */
  async #isGood({ accessKeyId, operator }: VerifiedCaller): Promise<boolean> {
    const credential = await this.#options.findCredential(accessKeyId);
    if (credential === undefined || credential.blocked) return false;
    return credential.operator || !operator;
  }

  /** Whatever `work` throws is answered in the request's protocol. */
  async #answered<Result extends Duplex | Answer>(
    request: RawRequest,
    requestId: string,
    work: (facts: Record<string, unknown>) => Promise<Result>,
  ): Promise<Result | Answer> {
    const startedMs = performance.now();
    const facts: Record<string, unknown> = { requestId };
    const logDone = (status: number) => {
      const tookMs = Math.round((performance.now() - startedMs) * 10) / 10;
      this.#options.log.info('request', { ...facts, status, tookMs });
      this.#options.onAnswered?.({ ...facts, method: request.method, status, tookMs });
    };
    try {
      const result = await work(facts);
      logDone('status' in result ? result.status : 101);
      return result;
    } catch (cause) {
      if (cause instanceof SenderLeftError) throw cause;
      const error = toldError(cause, requestId);
      if (error !== cause) this.#options.log.error('operation failed', { ...facts, cause });
      facts.code = error.code;
      const service = this.#claimedService(request);
      const status = service.statusOf(error.code);
      logDone(status);
      const { code, message } = error;
      const protocol = service.protocolOf(request);
      return { status, ...protocol.error({ code, message, sender: status < 500 }, requestId) };
    }
  }

  async #ask(request: RawRequest, facts: Record<string, unknown>): Promise<Asked> {
    const head: RequestHead = { ...request, query: parseQuery(request.queryString) };
    const verification = await Verification.begin(head, this.#verifier);
    const { expiresSeconds } = verification;
    const service = this.#services.get(verification.service) as Service;
    const protocol = service.protocolOf(head);
    const { body, stream, caller } = await verified(
      verification,
      service,
      protocol.targetOf(head),
      request,
    );
    request.proven();
    const ask = protocol.read(head, body);
    const { region } = caller;
    Object.assign(facts, { service: caller.service, action: ask.action, region });
    return { service, protocol, ask, caller, stream, expiresSeconds };
  }

  /** Before the signature is verified this decides only how an error looks. */
  #claimedService(request: RawRequest): Service {
    const claimed = claimedService(request.headers.authorization ?? request.queryString) ?? '';
    return this.#services.get(claimed) ?? this.#usual;
  }
}

/** Who asks, and the body: a stream only where its sender is known before it comes. */
async function verified(
  verification: Verification,
  service: Service,
  target: Target | undefined,
  { headers, body }: RawRequest,
): Promise<{ body: RequestBody; stream?: CheckedStream; caller: VerifiedCaller }> {
  const maxBytes = service.bodyMaxBytesOf(target?.action);
  const checksumHeader = service.bodyChecksumOf(target?.action);
  const isPacked = service.zstdOf(target?.action) === 'request' && isZstd(headers);
  const plain = (given: RequestBody) => (isPacked ? unpackedBody(given, maxBytes) : given);
  // The checksum is of what it unpacks to: that does not say who has sent these bytes.
  if (target?.streamed && checksumHeader !== undefined && !isPacked) {
    const caller = await verification.byChecksum(headers[checksumHeader]);
    if (caller) return { body: body.stream(maxBytes), caller };
  }
  if (target?.streamed && verification.declaresHash) {
    const stream = verification.checked(body.stream(maxBytes));
    return { body: plain(stream), stream, caller: await verification.byDeclaredHash() };
  }
  const whole = await body.whole(maxBytes);
  const caller = await verification.byBody(whole);
  return { body: plain(whole), caller };
}

/** Whoever does not ask for Zstandard sees none of it. */
async function answerTo(
  { headers }: RawRequest,
  { service, protocol, ask }: Asked,
  output: unknown,
  requestId: string,
): Promise<Answer> {
  const answer = protocol.result(ask.action, output, requestId);
  const isWanted = service.zstdOf(ask.action) === 'answer' && wantsZstd(headers);
  const { headers: own, ...rest } = isWanted ? await packedAnswer(answer) : answer;
  return { ...rest, headers: { ...own, ...(service.takesZstd && takesZstd) } };
}

async function run(asked: Asked, context: OperationContext): Promise<unknown> {
  const { operation, input, dryRun } = admitted(asked);
  if (operation.connects) {
    const { action } = asked.ask;
    throw new ServiceError('UpgradeRequired', `${action} is asked for by a WebSocket.`);
  }
  if (!dryRun) return runInPages(operation, input, context);
  await operation.run(input, { ...context, catalog: dryRunCatalog(context.catalog) });
  throw dryRunOperation(); // it only read
}

async function connect(asked: Asked, context: OperationContext): Promise<Duplex> {
  const { operation, input } = admitted(asked);
  if (operation.connects) return (await operation.run(input, context)) as unknown as Duplex;
  const { action } = asked.ask;
  throw new ServiceError('UnsupportedProtocol', `${action} is not asked for by a WebSocket.`);
}

/** The operation is there, for this caller, and honours all of the input. */
function admitted({ service, ask, caller }: Asked) {
  const operation = service.operation(ask.action) as AnyOperation;
  checkAudience(operation, caller, service, ask.action);
  // Image Builder writes it small.
  const { DryRun, dryRun = DryRun, ...input } = ask.decode();
  service.checkAccepted(ask.action, input);
  return { operation, input, dryRun: dryRun === true };
}

function checkAudience(
  { audience }: AnyOperation,
  { operator, signIn }: VerifiedCaller,
  service: Service,
  action: string,
): void {
  const bySignIn = audience === 'sign-in';
  if (bySignIn !== (signIn ?? false)) {
    throw notAuthorized(service, `${action} is ${bySignIn ? '' : 'not '}for sign-in links.`);
  }
  if (audience === 'operator' && !operator) {
    throw notAuthorized(service, `${action} is for the operator of this Imago.`);
  }
}

function notAuthorized({ model }: Service, why: string): ServiceError {
  const isEc2 = model.protocol === 'ec2-query';
  return new ServiceError(
    isEc2 ? 'UnauthorizedOperation' : 'AccessDeniedException',
    `You are not authorized to perform this operation: ${why}`,
  );
}
