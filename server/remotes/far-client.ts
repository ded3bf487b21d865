/**
 * Requests to a remote, signed with its key (Signature Version 4): one host, no redirects, answers
 * of a bounded length. What may go better the next time is asked again, as the other end says or
 * later and later, until patience ends. What the bytes mean is ebs-direct.ts's and ec2-query.ts's.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Bandwidth } from '../foundations/bandwidth.ts';
import { Sha256 } from '../foundations/sha256.ts';

export interface FarPlace {
  /** Of an Imago, which has all services there; absent: AWS's own of the region. */
  endpoint?: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Of a key that is for a while only. */
  sessionToken?: string;
  /** As PEM; absent: whom the system trusts. */
  authority?: string;
}

export interface FarClientOptions {
  signal: AbortSignal;
  bandwidth: Bandwidth;
  /** For how long one request is asked again. */
  patienceMs?: number;
  /** Before the second try; later ones wait longer. */
  pauseMs?: number;
  /** For how long one request may take, however little of its answer comes at a time. */
  requestMaxMs?: number;
}

export interface FarRequest {
  service: 'ebs' | 'ec2' | 'imago';
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer;
}

export interface FarAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** The other end refuses it, in its own words. */
export class FarError extends Error {
  override name = 'FarError';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(`${code}: ${message}`);
    this.status = status;
    this.code = code;
  }
}

/** It does not answer, or not as one of its kind does. */
export class FarAwayError extends Error {
  override name = 'FarAwayError';
}

const usualPatienceMs = 10 * 60_000;
const usualRequestMaxMs = 10 * 60_000;
const usualPauseMs = 250;
const pauseMaxMs = 30_000;
/** A server may ask for so much time at most. */
const retryAfterMaxMs = 120_000;
/** Of one request that stands still. */
const silenceMs = 60_000;
/** A page of a thousand blocks takes half of it. */
const answerMaxBytes = 1024 * 1024;
const connections = 16;
/** Of a text that is passed on. */
const messageMaxChars = 500;

const throttled =
  /Throttl|SlowDown|RequestLimitExceeded|ConcurrentLimitExceeded|TooManyRequests|ServiceUnavailable/;

/** Where AWS has its regions under another name; most are under amazonaws.com. */
const suffixes: readonly [start: string, suffix: string][] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
];

/** AWS's own endpoint of a service in a region. */
export function awsEndpoint(service: FarRequest['service'], region: string): string {
  const [, suffix = 'amazonaws.com'] = suffixes.find(([start]) => region.startsWith(start)) ?? [];
  return `https://${service}.${region}.${suffix}`;
}

export class FarClient implements Disposable {
  readonly #place: FarPlace;
  readonly #options: FarClientOptions;
  readonly #agents: { http: HttpAgent; https: HttpsAgent };
  readonly #signers: Record<FarRequest['service'], SignatureV4>;

  constructor(place: FarPlace, options: FarClientOptions) {
    this.#place = place;
    this.#options = options;
    const kept = { keepAlive: true, maxSockets: connections };
    this.#agents = {
      http: new HttpAgent(kept),
      https: new HttpsAgent({ ...kept, ca: place.authority }),
    };
    const { region, accessKeyId, secretAccessKey, sessionToken } = place;
    const signerOf = (service: string) =>
      new SignatureV4({
        service,
        region,
        credentials: { accessKeyId, secretAccessKey, sessionToken },
        sha256: Sha256,
      });
    this.#signers = { ebs: signerOf('ebs'), ec2: signerOf('ec2'), imago: signerOf('imago') };
  }

  [Symbol.dispose](): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  /** Throws FarError, FarAwayError, or why it was aborted. */
  async ask(request: FarRequest): Promise<FarAnswer> {
    const { signal, bandwidth, patienceMs = usualPatienceMs } = this.#options;
    const { pauseMs = usualPauseMs } = this.#options;
    const untilMs = performance.now() + patienceMs;
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      let failure: FarError | FarAwayError;
      let askedForMs = 0;
      try {
        if (request.body) await bandwidth.spend(request.body.length, signal);
        const answer = await this.#askOnce(request);
        if (answer.status < 300) {
          if (request.method === 'GET') await bandwidth.spend(answer.body.length, signal);
          return answer;
        }
        const refusal = errorOf(answer);
        if (!mayGoBetter(refusal)) throw refusal;
        failure = refusal;
        askedForMs = retryAfterMs(answer);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof FarError) throw error;
        failure = new FarAwayError(`${this.#where} does not answer (${reasonOf(error)})`);
      }
      const pause = Math.min(pauseMaxMs, pauseMs * 2 ** Math.min(tries - 1, 10));
      const waitMs = Math.max(askedForMs, pause * (0.5 + Math.random() / 2));
      if (performance.now() + waitMs > untilMs) throw failure;
      await delay(waitMs, undefined, { signal });
    }
  }

  get #where(): string {
    const { endpoint, region } = this.#place;
    return endpoint ?? `AWS in ${region}`;
  }

  #urlOf({ service, path }: FarRequest): URL {
    const { endpoint, region } = this.#place;
    return new URL(path, endpoint ?? awsEndpoint(service, region));
  }

  async #askOnce(request: FarRequest): Promise<FarAnswer> {
    const url = this.#urlOf(request);
    const { method, service, query = {}, body } = request;
    const signed = await this.#signers[service].sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: { ...query },
      headers: { host: url.host, 'user-agent': 'imago', ...request.headers },
      body,
    });
    url.search = new URLSearchParams(query).toString();
    const secure = url.protocol === 'https:';
    const agent = secure ? this.#agents.https : this.#agents.http;
    const { signal, requestMaxMs = usualRequestMaxMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<FarAnswer>();
    const length = body ? { 'content-length': String(body.length) } : {};
    const options = { method, agent, headers: { ...signed.headers, ...length }, signal };
    const sent = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes <= answerMaxBytes) parts.push(part);
        else sent.destroy(new Error('it answers more than was asked for'));
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(parts) });
      });
    });
    const late = setTimeout(() => sent.destroy(new Error('it takes too long')), requestMaxMs);
    sent.on('close', () => clearTimeout(late));
    sent.setTimeout(silenceMs, () => sent.destroy(new Error('it is silent')));
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }
}

function mayGoBetter({ status, code, message }: FarError): boolean {
  if (status >= 500 || status === 429 || status === 408) return true;
  return throttled.test(code) || (code === 'ValidationException' && /TIMEOUT/.test(message));
}

function errorOf({ status, headers, body }: FarAnswer): FarError {
  const text = body.subarray(0, 16_384).toString();
  const xml = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const json = jsonOf(text);
  const named = String(headers['x-amzn-errortype'] ?? json.__type ?? xml('Code') ?? 'Unknown');
  const code = named.replace(/^.*#/, '').replace(/:.*$/, '');
  const why = json.message ?? json.Message ?? xml('Message') ?? `it answers ${status}`;
  const reason = typeof json.Reason === 'string' ? ` (${json.Reason})` : '';
  return new FarError(status, code, `${String(why).slice(0, messageMaxChars)}${reason}`);
}

/** The members of what was answered as JSON. */
export function jsonAnswer(body: Buffer): Record<string, unknown> {
  try {
    return { ...(JSON.parse(body.toString()) as object) };
  } catch {
    throw new FarAwayError('what it answers is no JSON');
  }
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function retryAfterMs({ headers }: FarAnswer): number {
  const text = headers['retry-after'];
  if (typeof text !== 'string') return 0;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(retryAfterMaxMs, Math.max(0, ms)) : 0;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
