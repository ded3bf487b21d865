/**
 * Who calls: verifies Signature Version 4, in the Authorization header or in the query string
 * (presigned), by signing the request again with the official library and comparing. Knows no
 * action; what it reads of a request is only what is signed. Codes are EC2's. The token of
 * temporary credentials is signed as well, and is the one that they were given with.
 *
 *   `begin`: the head alone, its scope, time and key
 *     -> `byBody`: the whole body
 *     -> `byDeclaredHash`: what the head says of the body, which is held to it while it comes,
 *        in `checked`
 *     -> `byChecksum`: the same where the action itself holds the body to a checksum in the head
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { ServiceError } from '../../api/service-error.ts';
import { blockedAccount } from '../domain/access-keys.ts';
import type { Clock } from '../domain/identity.ts';
import { Sha256 } from '../foundations/sha256.ts';
import type { Caller } from '../operations/operation.ts';
import type { RequestHead } from '../protocol/protocol.ts';
import { type Claim, incomplete, readClaim } from './signature-claim.ts';

export interface Credential {
  account: string;
  secretAccessKey: string;
  /** The account is the operator's. */
  operator: boolean;
  /** What the account belongs to. */
  groups: readonly string[];
  /** The account is disabled. */
  blocked?: boolean;
  /** Temporary credentials. */
  session?: Session;
}

export interface Session {
  /** The access key that asked for it. */
  parent: string;
  sessionToken: string;
  /** It is for SignIn alone. */
  signIn?: true;
}

export interface VerifierOptions {
  findCredential(accessKeyId: string): Promise<Credential | undefined>;
  regions: readonly string[];
  services: readonly string[];
  clock: Clock;
}

/**
 * How far clocks may differ, and how long a header-signed request is good: AWS's figure for
 * Signature Version 4.
 */
const clockSkewMs = 5 * 60_000;

const hashHeader = 'x-amz-content-sha256';
/** Instead of the hash of a body that is not signed. */
const unsignedPayload = 'UNSIGNED-PAYLOAD';

/** `signIn`: of credentials that are good for SignIn alone. */
export type VerifiedCaller = Caller & { service: string; signIn?: true };

export class Verification {
  readonly #head: RequestHead;
  readonly #claim: Claim;
  readonly #credential: Credential;
  readonly #signingDate: Date;

  private constructor(head: RequestHead, claim: Claim, credential: Credential, signingDate: Date) {
    this.#head = head;
    this.#claim = claim;
    this.#credential = credential;
    this.#signingDate = signingDate;
  }

  /** Refuses what the head alone shows to be wrong, so that no body is waited for. */
  static async begin(head: RequestHead, options: VerifierOptions): Promise<Verification> {
    const claim = readClaim(head);
    checkScope(claim, options);
    const signingDate = checkTime(claim, options.clock.now());
    checkSignedHeaders(head, claim);
    const credential = await options.findCredential(claim.accessKeyId);
    const token = credential?.session?.sessionToken ?? '';
    if (credential && equalInConstantTime(token, claim.sessionToken ?? '')) {
      return new Verification(head, claim, credential, signingDate);
    }
    throw unknownKey(claim.service);
  }

  /** One that is offered here. */
  get service(): string {
    return this.#claim.service;
  }

  /** How long a presigned request is good. */
  get expiresSeconds(): number | undefined {
    return this.#claim.expiresSeconds;
  }

  /** The head says what the SHA-256 of the body is. */
  get declaresHash(): boolean {
    return this.#head.headers[hashHeader] !== undefined;
  }

  async byBody(body: Uint8Array): Promise<VerifiedCaller> {
    const declared = this.#head.headers[hashHeader];
    const actual = () => createHash('sha256').update(body).digest('hex');
    // The library believes this header; so it has to be true.
    if (declared !== undefined && declared !== actual()) throw doesNotMatch();
    return this.#verify(body);
  }

  /** The body is not known yet: it is to be read through `checked`. */
  async byDeclaredHash(): Promise<VerifiedCaller> {
    if (!/^[0-9a-f]{64}$/.test(this.#head.headers[hashHeader] ?? '')) throw doesNotMatch();
    return this.#verify(undefined);
  }

  /**
   * The head has the SHA-256 of the body, signed, and the action sees to it that the body has it:
   * so the body need not be signed, and is not hashed twice where it is. Undefined where the
   * signature is not known to be of such a request.
   */
  async byChecksum(base64: string | undefined): Promise<VerifiedCaller | undefined> {
    if (base64 === undefined || this.#claim.expiresSeconds !== undefined) return undefined;
    const checksum = Buffer.from(base64, 'base64').toString('hex');
    const declared = this.#head.headers[hashHeader];
    for (const hash of [checksum, unsignedPayload]) {
      if (declared !== undefined && declared !== hash) continue;
      if (await this.#isSigned(undefined, hash)) return this.#caller();
    }
    return undefined;
  }

  checked(body: AsyncIterable<Uint8Array>): CheckedStream {
    return new CheckedStream(body, this.#head.headers[hashHeader] ?? '');
  }

  async #verify(body: Uint8Array | undefined): Promise<VerifiedCaller> {
    if (await this.#isSigned(body)) return this.#caller();
    throw doesNotMatch();
  }

  async #isSigned(body: Uint8Array | undefined, hash?: string): Promise<boolean> {
    const request = { head: this.#head, body, hash };
    const expected = await sign(request, this.#claim, this.#credential, this.#signingDate);
    return equalInConstantTime(expected, this.#claim.signature);
  }

  #caller(): VerifiedCaller {
    const { accessKeyId, region, service } = this.#claim;
    const { account, operator, groups, blocked, session } = this.#credential;
    // Told to whoever has the secret, and to nobody else.
    if (blocked) throw blockedAccount();
    const { parent: sessionOf, signIn } = session ?? {};
    return { account, operator, groups, accessKeyId, region, service, sessionOf, signIn };
  }
}

/**
 * A body whose hash was signed: fails at its end when it was another. Who acts on it reads it to
 * its end before.
 */
export class CheckedStream implements AsyncIterable<Uint8Array> {
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #digest: string;
  #ended = false;

  constructor(body: AsyncIterable<Uint8Array>, digest: string) {
    this.#body = body;
    this.#digest = digest;
  }

  /** It was read to its end, and is what was signed. */
  get ended(): boolean {
    return this.#ended;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    for await (const chunk of this.#body) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') !== this.#digest) throw doesNotMatch();
    this.#ended = true;
  }
}

function checkScope({ service, region }: Claim, { services, regions }: VerifierOptions): void {
  if (!services.includes(service)) {
    throw new ServiceError(
      'AuthFailure',
      `Credential should be scoped to a service that is offered here (${services.join(', ')}).`,
    );
  }
  if (!regions.includes(region)) {
    throw new ServiceError(
      'AuthFailure',
      `Credential should be scoped to a valid region (${regions.join(', ')}).`,
    );
  }
}

function checkTime({ signedAt, scopeDate, expiresSeconds }: Claim, now: Date): Date {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signedAt);
  const date = new Date(match ? isoOf(match) : Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw incomplete('X-Amz-Date must be there, such as 20261123T100000Z');
  }
  if (!signedAt.startsWith(scopeDate) || scopeDate.length !== 8) {
    throw new ServiceError(
      'SignatureDoesNotMatch',
      'Date in Credential scope does not match YYYYMMDD of the date of the request.',
    );
  }
  const ageMs = now.getTime() - date.getTime();
  const allowedMs = expiresSeconds === undefined ? clockSkewMs : expiresSeconds * 1000;
  if (ageMs > allowedMs || ageMs < -clockSkewMs) {
    const what = ageMs < 0 ? 'is not valid yet' : 'has expired';
    throw new ServiceError(
      'RequestExpired',
      `Request ${what}: it was signed at ${date.toISOString()} and it is ${now.toISOString()} here.`,
    );
  }
  return date;
}

const isoOf = ([, year, month, day, hour, minute, second]: RegExpExecArray) =>
  `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;

/**
 * What decides about the request must be under the signature: the host, and all of Amazon's own
 * headers.
 */
function checkSignedHeaders({ headers }: RequestHead, { signedHeaders }: Claim): void {
  for (const name of [
    'host',
    ...Object.keys(headers).filter((name) => name.startsWith('x-amz-')),
  ]) {
    if (!signedHeaders.includes(name)) {
      throw new ServiceError('SignatureDoesNotMatch', `'${name}' must be a signed header.`);
    }
  }
  for (const name of signedHeaders) {
    if (
      headers[name] === undefined ||
      signedHeaders.indexOf(name) !== signedHeaders.lastIndexOf(name)
    ) {
      throw doesNotMatch();
    }
  }
}

interface SignedRequest {
  head: RequestHead;
  body: Uint8Array | undefined;
  /** Of the body, where that is not at hand. */
  hash?: string;
}

async function sign(
  { head: { method, path, query, headers }, body, hash }: SignedRequest,
  { accessKeyId, region, service, signedHeaders, expiresSeconds }: Claim,
  { secretAccessKey, session }: Credential,
  signingDate: Date,
): Promise<string> {
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, sessionToken: session?.sessionToken },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = new Set(signedHeaders);
  // The signer takes the hash of a body from this header, which need not be a signed one.
  const hashed: Record<string, string> = hash === undefined ? {} : { [hashHeader]: hash };
  const request = {
    method,
    protocol: 'http:',
    hostname: '',
    path,
    query: signedQuery(query),
    headers: {
      ...hashed,
      ...Object.fromEntries(signedHeaders.map((name) => [name, headers[name] ?? ''])),
    },
    body,
  };
  if (expiresSeconds !== undefined) {
    const { query: presigned } = await signer.presign(request, {
      signingDate,
      expiresIn: expiresSeconds,
      signableHeaders: signed,
      unhoistableHeaders: signed,
    });
    return String(presigned?.['X-Amz-Signature']);
  }
  const { headers: result } = await signer.sign(request, {
    signingDate,
    signableHeaders: signed,
    unsignableHeaders: new Set(Object.keys(hashed)),
  });
  return result.authorization?.slice(-64) ?? '';
}

function signedQuery(query: RequestHead['query']): Record<string, string | string[]> {
  const signed = [...query].filter(([name]) => !authParameters.has(name));
  return Object.fromEntries(
    signed.map(([name, values]) => [name, values.length > 1 ? [...values] : (values[0] ?? '')]),
  );
}

/** What the signer adds to the query string itself. */
const authParameters = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Security-Token',
]);

function equalInConstantTime(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** As each of AWS's services says it. */
export function unknownKey(service: string): ServiceError {
  if (service === 'ec2') {
    return new ServiceError(
      'AuthFailure',
      'AWS was not able to validate the provided access credentials.',
    );
  }
  const code = service === 'sts' ? 'InvalidClientTokenId' : 'UnrecognizedClientException';
  return new ServiceError(code, 'The security token included in the request is invalid.');
}

function doesNotMatch(): ServiceError {
  return new ServiceError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  );
}
