/**
 * The console at /console/: the files that were built into its folder, and nothing else, for
 * whoever asks. What is in them is the same for all; what they show is asked for by signed
 * requests. The list of files is that of the last build; each is read when it is first asked for,
 * and kept.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Answer, RequestHead } from '../protocol/protocol.ts';
import type { Origins } from './origins.ts';

type FileRequest = Pick<RequestHead, 'method' | 'path' | 'headers'>;

interface KeptFile {
  body: Buffer;
  etag: string;
}

interface Build {
  /** Differs when index.html does, which names all others. */
  version: string;
  names: ReadonlySet<string>;
  kept: Map<string, Promise<KeptFile>>;
}

const root = '/console/';
const index = 'index.html';

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:"],
  ...["connect-src 'self'", "font-src 'self'", "base-uri 'none'", "form-action 'none'"],
  "frame-ancestors 'none'",
].join('; ');

const safety = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** As the build names what changes its name with its content. */
const hashedName = /^assets\/.+-[\w-]{8}\.\w+$/;

export class ConsoleFiles {
  readonly #folder: string;
  readonly #origins: Origins;
  #build: Build | undefined;

  constructor(folder: string, origins: Origins) {
    this.#folder = folder;
    this.#origins = origins;
  }

  /** Nothing for any other path. */
  async answer(request: FileRequest): Promise<Answer | undefined> {
    const { path: asked, method, headers } = request;
    if (asked !== '/console' && !asked.startsWith(root)) return undefined;
    if (method !== 'GET' && method !== 'HEAD') {
      return plain(405, 'Files of the console are read by GET.', { allow: 'GET, HEAD' });
    }
    if (!this.#origins.isKnownHost(headers)) {
      return plain(
        421,
        'The console is not served under this name: use its address, or `imago serve --console-origin`.',
      );
    }
    if (asked === '/console') return plain(308, `The console is at ${root}`, { location: root });
    return this.#file(asked.slice(root.length) || index, headers);
  }

  async #file(name: string, headers: FileRequest['headers']): Promise<Answer> {
    const build = await this.#current(name === index);
    if (!build.names.has(index)) {
      return plain(503, 'The console is not built yet. Run: npm run setup', {
        'retry-after': '10',
      });
    }
    const type = contentTypes[path.extname(name)];
    if (!type || !build.names.has(name)) return plain(404, 'The console has no such file.');
    const zipped = build.names.has(`${name}.gz`) && takesGzip(headers['accept-encoding']);
    const file = await this.#read(build, zipped ? `${name}.gz` : name).catch(() => undefined);
    // It is being built anew.
    if (!file) return plain(404, 'The console has no such file any more.');
    const { body, etag } = file;
    const isKnown = (headers['if-none-match'] ?? '')
      .split(',')
      .some((each) => each.trim().replace(/^W\//, '') === etag);
    return {
      status: isKnown ? 304 : 200,
      headers: {
        ...safety,
        'content-type': type,
        ...(zipped && { 'content-encoding': 'gzip' }),
        'cache-control': hashedName.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag,
        vary: 'accept-encoding',
      },
      body: isKnown ? [] : [body],
    };
  }

  /** Looked at again where a page begins: it may have been built since. */
  async #current(beginsPage: boolean): Promise<Build> {
    const known = this.#build;
    if (known && !beginsPage && known.names.size > 0) return known;
    const version = await stat(path.join(this.#folder, index)).then(
      ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
      () => '',
    );
    if (known?.version === version) return known;
    this.#build = { version, names: await this.#list(), kept: new Map() };
    return this.#build;
  }

  /** Nothing where nothing is built. */
  async #list(): Promise<Set<string>> {
    const listing = readdir(this.#folder, { recursive: true, withFileTypes: true });
    const entries = await listing.catch(() => []);
    // No link leads out of the folder.
    const files = entries.filter((entry) => entry.isFile());
    return new Set(
      files.map(({ parentPath, name }) =>
        path.relative(this.#folder, path.join(parentPath, name)).split(path.sep).join('/'),
      ),
    );
  }

  #read({ kept }: Build, name: string): Promise<KeptFile> {
    const known = kept.get(name);
    if (known) return known;
    const read = readFile(path.join(this.#folder, name)).then((body) => ({
      body,
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    }));
    kept.set(name, read);
    read.catch(() => kept.delete(name));
    return read;
  }
}

function takesGzip(accepted = ''): boolean {
  return accepted
    .split(',')
    .some((each) => /^\s*gzip\s*(;\s*q=(1|0\.\d*[1-9]\d*)\S*)?\s*$/i.test(each));
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {
      ...safety,
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    },
    body: [Buffer.from(`${text}\n`)],
  };
}
