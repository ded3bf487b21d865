/**
 * Who calls: verifies Signature Version 4, in the Authorization header or in the query string (presigned), by signing
 * the request again with the official library and comparing. Knows no action; what it reads of a request is only what is signed.
 * Codes are EC2's. There are no temporary credentials, so a session token is never valid.
 */
import { timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { ServiceError } from '../../api/service-error.ts';
import type { Clock } from '../domain/identity.ts';
import { Sha256 } from '../foundations/sha256.ts';
import type { Caller } from '../operations/operation.ts';

export interface Credential {
  account: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  path: string;
  /** Decoded. */
  query: ReadonlyMap<string, string>;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
}

export interface VerifierOptions {
  findCredential(accessKeyId: string): Promise<Credential | undefined>;
  regions: readonly string[];
  services: readonly string[];
  clock: Clock;
}

/** How far clocks may differ, and how long a header-signed request is good: AWS's figure for Signature Version 4. */
const clockSkewMs = 5 * 60_000;
/** Seven days, AWS's limit for a presigned request. */
const presignedMaxSeconds = 604_800;

const algorithm = 'AWS4-HMAC-SHA256';

/** What the client says about its signature; nothing of it is believed before `verify` is through. */
interface Claim {
  accessKeyId: string;
  /** yyyymmdd */
  scopeDate: string;
  region: string;
  service: string;
  signedHeaders: readonly string[];
  signature: string;
  /** yyyymmddThhmmssZ */
  signedAt: string;
  sessionToken: string | undefined;
  /** Present for a presigned request. */
  expiresSeconds?: number;
}

export type VerifiedCaller = Caller & { service: string };

export async function verifySignature(
  request: SignedRequest,
  options: VerifierOptions,
): Promise<VerifiedCaller> {
  const claim = readClaim(request);
  checkScope(claim, options);
  const signingDate = checkTime(claim, options.clock.now());
  checkSignedHeaders(request, claim);
  const credential =
    claim.sessionToken === undefined ? await options.findCredential(claim.accessKeyId) : undefined;
  if (!credential) {
    throw new ServiceError(
      'AuthFailure',
      'AWS was not able to validate the provided access credentials.',
    );
  }
  const expected = await sign(request, claim, credential, signingDate);
  if (!equalInConstantTime(expected, claim.signature)) throw doesNotMatch();
  const { accessKeyId, region, service } = claim;
  return { account: credential.account, accessKeyId, region, service };
}

/**
 * The service that an Authorization header or a query string says it is signed for: nothing is verified, so it is only
 * good for choosing how an error looks.
 */
export function claimedService(text: string): string | undefined {
  return /(?:\/|%2F)([a-z0-9-]+)(?:\/|%2F)aws4_request/i.exec(text)?.[1];
}

function readClaim({ headers, query }: SignedRequest): Claim {
  const { authorization } = headers;
  if (authorization !== undefined) return readHeaderClaim(authorization, headers);
  if (query.has('X-Amz-Signature') || query.has('X-Amz-Algorithm')) return readQueryClaim(query);
  throw new ServiceError(
    'MissingAuthenticationToken',
    'The request must contain a valid (registered) AWS access key ID: it is not signed.',
  );
}

function readHeaderClaim(authorization: string, headers: SignedRequest['headers']): Claim {
  const [scheme, ...rest] = authorization.split(' ');
  if (scheme !== algorithm)
    throw incomplete(`the Authorization header must begin with ${algorithm}`);
  const fields = new Map(
    rest
      .join('')
      .split(',')
      .map((field) => {
        const equals = field.indexOf('=');
        return [field.slice(0, equals), field.slice(equals + 1)];
      }),
  );
  return {
    ...readCredentialScope(fields.get('Credential')),
    signedHeaders: readSignedHeaders(fields.get('SignedHeaders')),
    signature: readSignature(fields.get('Signature')),
    signedAt: headers['x-amz-date'] ?? '',
    sessionToken: headers['x-amz-security-token'],
  };
}

function readQueryClaim(query: SignedRequest['query']): Claim {
  if (query.get('X-Amz-Algorithm') !== algorithm) {
    throw incomplete(`X-Amz-Algorithm must be ${algorithm}`);
  }
  const expires = query.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,6}$/.test(expires) || Number(expires) > presignedMaxSeconds) {
    throw incomplete(`X-Amz-Expires must be a number of seconds up to ${presignedMaxSeconds}`);
  }
  return {
    ...readCredentialScope(query.get('X-Amz-Credential')),
    signedHeaders: readSignedHeaders(query.get('X-Amz-SignedHeaders')),
    signature: readSignature(query.get('X-Amz-Signature')),
    signedAt: query.get('X-Amz-Date') ?? '',
    sessionToken: query.get('X-Amz-Security-Token'),
    expiresSeconds: Number(expires),
  };
}

function readCredentialScope(
  text: string | undefined,
): Pick<Claim, 'accessKeyId' | 'scopeDate' | 'region' | 'service'> {
  const parts = (text ?? '').split('/');
  const [accessKeyId = '', scopeDate = '', region = '', service = '', terminator] = parts;
  if (parts.length !== 5 || accessKeyId === '' || terminator !== 'aws4_request') {
    throw incomplete('Credential must be <access key id>/<date>/<region>/<service>/aws4_request');
  }
  return { accessKeyId, scopeDate, region, service };
}

function readSignedHeaders(text: string | undefined): readonly string[] {
  if (!text) throw incomplete('SignedHeaders is missing');
  return text.split(';');
}

function readSignature(text: string | undefined): string {
  if (!text || !/^[0-9a-f]{64}$/.test(text)) {
    throw incomplete('Signature must be 64 hexadecimal digits');
  }
  return text;
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

/** What decides about the request must be under the signature: the host, and all of Amazon's own headers. */
function checkSignedHeaders({ headers }: SignedRequest, { signedHeaders }: Claim): void {
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

async function sign(
  { method, path, query, headers, body }: SignedRequest,
  { accessKeyId, region, service, signedHeaders, expiresSeconds }: Claim,
  { secretAccessKey }: Credential,
  signingDate: Date,
): Promise<string> {
  const declared = headers['x-amz-content-sha256'];
  if (declared !== undefined) await checkPayload(declared, body);
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = new Set(signedHeaders);
  const request = {
    method,
    protocol: 'http:',
    hostname: '',
    path,
    query: Object.fromEntries([...query].filter(([name]) => !authParameters.has(name))),
    headers: Object.fromEntries(signedHeaders.map((name) => [name, headers[name] ?? ''])),
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
  const { headers: result } = await signer.sign(request, { signingDate, signableHeaders: signed });
  return result.authorization?.slice(-64) ?? '';
}

/** The library believes this header; so it has to be true. */
async function checkPayload(declared: string, body: Uint8Array): Promise<void> {
  const hash = new Sha256();
  hash.update(body);
  const actual = Buffer.from(await hash.digest()).toString('hex');
  if (declared !== actual) throw doesNotMatch();
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

function incomplete(detail: string): ServiceError {
  return new ServiceError(
    'IncompleteSignature',
    `The request signature is not complete: ${detail}.`,
  );
}

function doesNotMatch(): ServiceError {
  return new ServiceError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  );
}
