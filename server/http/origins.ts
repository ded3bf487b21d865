/**
 * Which web pages may talk to Imago, and by which names it is called. A page of its own address
 * may; of others those that the operator named, and then browsers are told so (CORS). Every request
 * is signed whoever sends it: this is for what browsers would do without asking.
 */
import { isIP } from 'node:net';
import { ServiceError } from '../../api/service-error.ts';
import type { Answer } from '../protocol/protocol.ts';

type Headers = Readonly<Record<string, string | undefined>>;

const preflightSeconds = '600';
const sentHeaders = [
  ...['authorization', 'content-type', 'x-amz-content-sha256', 'x-amz-date'],
  ...['x-amz-security-token', 'x-amz-target', 'x-amz-user-agent'],
];

export class Origins {
  readonly #named: ReadonlySet<string>;
  readonly #names: Set<string>;

  /** Origins as browsers write them: `https://console.example`. */
  constructor(named: readonly string[] = []) {
    this.#named = new Set(named);
    this.#names = new Set(['localhost', ...named.map((each) => new URL(each).hostname)]);
  }

  /** Imago is called by the name that it listens at. */
  addName(name: string): void {
    this.#names.add(name.toLowerCase());
  }

  /**
   * Whoever owns a name can lead it to this host and have its own page there: so files are handed
   * out under names that are known, and under addresses, which nobody can lead anywhere.
   */
  isKnownHost({ host }: Headers): boolean {
    const url = URL.parse(`http://${host}`);
    if (!host || !url) return false;
    const name = url.hostname.replace(/^\[|\]$/g, '');
    return isIP(name) !== 0 || this.#names.has(name);
  }

  /** A browser opens WebSockets anywhere, for any page. What is no browser names no origin. */
  checkMayConnect({ origin, host }: Headers): void {
    const own = [`http://${host}`, `https://${host}`];
    if (origin === undefined || this.#isNamed(origin) || own.includes(origin)) return;
    throw new ServiceError(
      'AccessDeniedException',
      'A page of another origin may not open connections: see `imago serve --console-origin`.',
    );
  }

  /** For the answer to any request of a page that was named; else nothing. */
  headersFor({ origin }: Headers): Record<string, string> {
    if (!this.#isNamed(origin)) return {};
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'x-amzn-errortype, x-amzn-requestid',
      vary: 'origin',
    };
  }

  /** What a browser asks before it sends a page's request. */
  preflight(method: string, headers: Headers): Answer | undefined {
    const asked = headers['access-control-request-method'];
    if (method !== 'OPTIONS' || asked === undefined || !this.#isNamed(headers.origin)) {
      return undefined;
    }
    return {
      status: 204,
      headers: {
        'access-control-allow-methods': 'DELETE, GET, HEAD, PATCH, POST, PUT',
        'access-control-allow-headers': sentHeaders.join(', '),
        'access-control-max-age': preflightSeconds,
      },
      body: [],
    };
  }

  #isNamed(origin: string | undefined): origin is string {
    return origin !== undefined && this.#named.has(origin);
  }
}
