/**
 * GET /metrics: figures of the server, for who monitors it, in Prometheus' form. Prometheus does not
 * sign; it sends a name and a password: an operator's access key id and its secret. Nothing else is
 * reached by those, and nobody else reaches this: no session, no other account.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Log } from '../foundations/log.ts';
import type { Answer } from '../protocol/protocol.ts';
import type { RawRequest } from './dispatch.ts';
import type { VerifierOptions } from './signature.ts';

export interface MetricsSource {
  readonly contentType: string;
  read(): Promise<string>;
}

interface MetricsPageOptions extends Pick<VerifierOptions, 'findCredential'> {
  source: MetricsSource;
  log: Log;
}

/** An access key id and a secret, in base64, are far shorter. */
const authorizationMaxLength = 1024;

export class MetricsPage {
  readonly #options: MetricsPageOptions;

  constructor(options: MetricsPageOptions) {
    this.#options = options;
  }

  /** Nothing for any other path. */
  async answer(request: RawRequest, requestId: string): Promise<Answer | undefined> {
    if (request.path !== '/metrics') return undefined;
    const answer = await this.#answer(request);
    const { status } = answer;
    this.#options.log.info('request', { requestId, action: 'metrics', status });
    return answer;
  }

  async #answer({ method, headers, proven }: RawRequest): Promise<Answer> {
    if (method !== 'GET') return plain(405, 'Metrics are read by GET.', { allow: 'GET' });
    const caller = await this.#callerOf(headers.authorization);
    if (!caller) {
      return plain(401, 'Name and password are the id and the secret of an access key.', {
        'www-authenticate': 'Basic realm="Imago metrics", charset="UTF-8"',
      });
    }
    proven();
    if (!caller.operator || caller.blocked) return plain(403, 'Metrics are for operators.');
    const { source, log } = this.#options;
    try {
      return plain(200, await source.read(), { 'content-type': source.contentType });
    } catch (error) {
      log.error('metrics could not be read', { error });
      return plain(500, 'The log of Imago says why.');
    }
  }

  /** Temporary credentials have a token, which has no place here: they are as good as none. */
  async #callerOf(authorization = '') {
    if (authorization.length > authorizationMaxLength) return undefined;
    const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1] ?? '';
    const text = Buffer.from(encoded, 'base64').toString();
    const colon = text.indexOf(':');
    if (colon <= 0) return undefined;
    const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)];
    const credential = await this.#options.findCredential(id);
    const isRight = isSame(credential?.secretAccessKey ?? '', secret);
    return credential && !credential.session && isRight ? credential : undefined;
  }
}

/** In a time that tells nothing, not even of their lengths. */
function isSame(expected: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: [Buffer.from(text.endsWith('\n') ? text : `${text}\n`)],
  };
}
