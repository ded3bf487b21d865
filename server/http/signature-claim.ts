/**
 * What a request says about its signature, in the Authorization header or in the query string
 * (presigned). Nothing of it is to be believed before signature.ts has verified it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { RequestHead } from '../protocol/protocol.ts';

/** Seven days, AWS's limit for a presigned request. */
const presignedMaxSeconds = 604_800;

const algorithm = 'AWS4-HMAC-SHA256';

export interface Claim {
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

/**
 * The service that an Authorization header or a query string says it is signed for: nothing is
 * verified, so it is only good for choosing how an error looks.
 */
export function claimedService(text: string): string | undefined {
  return /(?:\/|%2F)([a-z0-9-]+)(?:\/|%2F)aws4_request/i.exec(text)?.[1];
}

export function readClaim({ headers, query }: RequestHead): Claim {
  const { authorization } = headers;
  if (authorization !== undefined) return readHeaderClaim(authorization, headers);
  if (query.has('X-Amz-Signature') || query.has('X-Amz-Algorithm')) return readQueryClaim(query);
  // Version 2, as it is in a query string; that of a form is in its body, which nobody waits for.
  if (query.has('AWSAccessKeyId') || query.has('SignatureVersion')) {
    throw new ServiceError(
      'AuthFailure',
      'AWS was not able to validate the provided access credentials: the request is signed with Signature Version 2. Let your client sign with Version 4 (in libcloud: signature_version="4").',
    );
  }
  throw new ServiceError(
    'MissingAuthenticationToken',
    'The request must contain a valid (registered) AWS access key ID: it is not signed with Signature Version 4.',
  );
}

function readHeaderClaim(authorization: string, headers: RequestHead['headers']): Claim {
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

function readQueryClaim(query: RequestHead['query']): Claim {
  const single = (name: string) => {
    const [value, ...others] = query.get(name) ?? [];
    if (others.length > 0) throw incomplete(`${name} must be there once`);
    return value;
  };
  if (single('X-Amz-Algorithm') !== algorithm) {
    throw incomplete(`X-Amz-Algorithm must be ${algorithm}`);
  }
  const expires = single('X-Amz-Expires') ?? '';
  if (!/^\d{1,6}$/.test(expires) || Number(expires) > presignedMaxSeconds) {
    throw incomplete(`X-Amz-Expires must be a number of seconds up to ${presignedMaxSeconds}`);
  }
  return {
    ...readCredentialScope(single('X-Amz-Credential')),
    signedHeaders: readSignedHeaders(single('X-Amz-SignedHeaders')),
    signature: readSignature(single('X-Amz-Signature')),
    signedAt: single('X-Amz-Date') ?? '',
    sessionToken: single('X-Amz-Security-Token'),
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

export function incomplete(detail: string): ServiceError {
  return new ServiceError(
    'IncompleteSignature',
    `The request signature is not complete: ${detail}.`,
  );
}
