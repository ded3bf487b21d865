/** For tests: what is between an Imago and its remote: it counts, throttles, and changes answers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Passed {
  method: string;
  path: string;
}

/** With all that was sent. */
export interface Sent extends Passed {
  headers: Record<string, string>;
  body: Buffer;
}

export interface Refusal {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

/** As PEM. */
export interface Certified {
  key: string;
  cert: string;
}

type MaybePromise<T> = T | Promise<T>;

export interface FarProxyRules {
  /** Answered in place of the other end. */
  refuse?: (passed: Passed & { sent: Buffer }) => MaybePromise<Refusal | undefined>;
  /** Passed on, and never answered. */
  hold?: (passed: Passed & { sent: Buffer }) => boolean;
  /** Passed on, and the connection breaks before the answer. */
  lose?: (passed: Passed & { sent: Buffer }) => boolean;
  /** Is told of what is passed on. */
  see?: (sent: Sent) => void;
  /** Changes a body on its way back. */
  change?: (passed: Passed, body: Buffer) => Buffer;
  /** A header of answers that is not passed on, as of one that does not know it. */
  omit?: string;
}

export class FarProxy implements AsyncDisposable {
  readonly passed: Passed[] = [];
  rules: FarProxyRules = {};
  readonly #target: () => string;
  readonly #server: Server;

  readonly #scheme: string;

  private constructor(target: () => string, certified: Certified | undefined) {
    this.#target = target;
    this.#scheme = certified ? 'https' : 'http';
    const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.#pass(incoming).then(
        ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
        () => outgoing.destroy(),
      );
    };
    this.#server = certified ? createSecureServer(certified, answer) : createServer(answer);
  }

  static async to(target: () => string, certified?: Certified): Promise<FarProxy> {
    const proxy = new FarProxy(target, certified);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  count(method: string, path: RegExp): number {
    return this.#paths(method, path).length;
  }

  /** Different ones: on a busy host a call may be made again, as its answer was late. */
  countOfPaths(method: string, path: RegExp): number {
    return new Set(this.#paths(method, path)).size;
  }

  #paths(method: string, path: RegExp): string[] {
    const passed = this.passed.filter((each) => each.method === method && path.test(each.path));
    return passed.map((each) => each.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage) {
    const passed = { method: incoming.method ?? '', path: incoming.url ?? '' };
    const sent = Buffer.concat(await incoming.toArray());
    const refused = await this.rules.refuse?.({ ...passed, sent });
    if (refused) return { headers: {}, ...refused };
    this.passed.push(passed);
    this.rules.see?.({
      ...passed,
      headers: incoming.headers as Record<string, string>,
      body: sent,
    });
    const to = new URL(passed.path, this.#target());
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // The host that was signed stays.
    const { headers: asked } = incoming;
    request(to, { method: passed.method, headers: asked }, resolve).on('error', reject).end(sent);
    const answer = await promise;
    const body = Buffer.concat(await answer.toArray());
    const {
      'transfer-encoding': _,
      'content-length': __,
      connection: ___,
      ...headers
    } = answer.headers;
    if (this.rules.hold?.({ ...passed, sent })) {
      return new Promise<never>((_, reject) => incoming.socket.once('close', reject));
    }
    if (this.rules.lose?.({ ...passed, sent })) throw new Error('lost');
    const changed = this.rules.change?.(passed, body) ?? body;
    if (this.rules.omit !== undefined) delete headers[this.rules.omit];
    return { status: answer.statusCode ?? 500, headers, body: changed };
  }
}

/** 127.0.0.1, by itself. */
export function ownCertificate(): Certified {
  const folder = mkdtempSync(path.join(tmpdir(), 'im-tls-'));
  try {
    const [key = '', cert = ''] = ['key', 'cert'].map((name) => path.join(folder, name));
    const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const about = ['-nodes', '-subj', '/CN=far', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const out = ['-keyout', key, '-out', cert];
    execFileSync('openssl', [...asked, ...about, ...out], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
