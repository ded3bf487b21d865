/**
 * The console's client: the same signed API as everybody's, in its JSON form, signed in the browser
 * by the official library. It has no privileges. What it is refused is thrown as ApiError, in the
 * server's words.
 */
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from './sha256.ts';
import type { Action, Input, Output, Service } from './wire.ts';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** URLs of WebSockets are used at once. */
const presignedSeconds = 60;

export class ApiError extends Error {
  override name = 'ApiError';
  /** As EC2 names it, such as `InvalidAMIID.NotFound`; `Unreachable` when nobody answers. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Bytes {
  bytes: Uint8Array<ArrayBuffer>;
  /** There is no more than that. */
  isWhole: boolean;
}

/** The credentials are good for nothing (any more). */
const signedOutCodes = new Set([
  'AuthFailure',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'Blocked',
]);

export const isSignedOut = (error: unknown) =>
  error instanceof ApiError && signedOutCodes.has(error.code);

export const isUnreachable = (error: unknown) =>
  error instanceof ApiError && error.code === 'Unreachable';

export class ApiClient {
  readonly endpoint: string;
  readonly region: string;
  readonly #credentials: Credentials;
  readonly #signer: SignatureV4;
  readonly #ended = new AbortController();
  /** Whoever it was has signed out: what goes on by itself ends. */
  readonly ended = this.#ended.signal;

  constructor(endpoint: string, region: string, credentials: Credentials) {
    this.endpoint = endpoint;
    this.region = region;
    this.#credentials = credentials;
    this.#signer = new SignatureV4({ service: 'ec2', region, credentials, sha256: Sha256 });
  }

  end(): void {
    this.#ended.abort();
  }

  /** The same caller, in another region. */
  in(region: string): ApiClient {
    return region === this.region ? this : new ApiClient(this.endpoint, region, this.#credentials);
  }

  async call<S extends Service, A extends Action<S>>(
    service: S,
    action: A,
    input: Input<S, A>,
    signal?: AbortSignal,
  ): Promise<Output<S, A>> {
    const url = new URL(this.endpoint);
    const body = JSON.stringify(input);
    const headers = {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${service}.${action}`,
    };
    const signed = await this.#signer.sign(
      { method: 'POST', protocol: url.protocol, hostname: url.hostname, path: '/', headers, body },
      { signingService: service },
    );
    // The browser sets it, and lets nobody else.
    const { host: _, ...sent } = signed.headers;
    const response = await fetch(url, { method: 'POST', headers: sent, body, signal }).catch(
      (cause) => {
        if (signal?.aborted) throw cause;
        throw this.#unreachable();
      },
    );
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const { __type: code = `HTTP ${response.status}`, message = response.statusText } = answer;
    throw new ApiError(code, message);
  }

  /**
   * Of Imago's own service: what lies at a path, as far as `maxBytes`; the rest is not fetched.
   */
  async bytes(
    path: string,
    query: Record<string, string>,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<Bytes> {
    const url = new URL(path, this.endpoint);
    const { host, protocol, hostname, pathname } = url;
    const asked = { method: 'GET', protocol, hostname, path: pathname, query, headers: { host } };
    const signed = await this.#signer.sign(asked, { signingService: 'imago' });
    const { host: _, ...headers } = signed.headers;
    url.search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const response = await fetch(url, { headers, signal }).catch((cause) => {
      if (signal?.aborted) throw cause;
      throw this.#unreachable();
    });
    if (response.ok) return upTo(maxBytes, response);
    const { message = response.statusText } = await response.json().catch(() => ({}));
    const code = response.headers.get('x-amzn-errortype') ?? `HTTP ${response.status}`;
    throw new ApiError(code, message);
  }

  #unreachable(): ApiError {
    return new ApiError('Unreachable', `Imago does not answer at ${this.endpoint}.`);
  }

  /** Of a WebSocket of Imago's own service; good for a minute. */
  async webSocketUrl(path: string, asked: Record<string, string> = {}): Promise<string> {
    const url = new URL(await this.url(path, asked));
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  }

  /** Of something of Imago's own service, for the browser to fetch; good for a minute. */
  async url(path: string, asked: Record<string, string>): Promise<string> {
    const url = new URL(path, this.endpoint);
    const { query = {} } = await this.#signer.presign(
      {
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: asked,
        headers: { host: url.host },
      },
      { signingService: 'imago', expiresIn: presignedSeconds },
    );
    url.search = Object.entries(query as Record<string, string>)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    return url.href;
  }
}

async function upTo(maxBytes: number, { body }: Response): Promise<Bytes> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = body?.getReader();
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) break;
    parts.push(value);
    length += value.length;
    if (length <= maxBytes) continue;
    await reader?.cancel();
    break;
  }
  const all = new Uint8Array(await new Blob(parts).arrayBuffer());
  return { bytes: all.subarray(0, maxBytes), isWhole: length <= maxBytes };
}
