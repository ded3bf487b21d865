/**
 * A vendor for tests: a key of its own, made with Debian's gpg, and a server with its files, which
 * can be cut off, changed, and made to answer wrongly.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { VendorImage } from '../domain/vendor-images/vendor-image.ts';

/** Of OpenPGP: binary public key, its fingerprint, and what signs with it. */
export class TestKey {
  readonly #home = mkdtempSync(path.join(tmpdir(), 'im-gpg-'));

  readonly #time: string[];

  /** With a time of its own, such as `20200101T000000`, when it is made and signs. */
  constructor(expiry = 'never', time?: string) {
    this.#time = time === undefined ? [] : ['--faked-system-time', `${time}!`];
    this.#gpg(['--quick-gen-key', 'Vendor <vendor@example.org>', 'rsa2048', 'sign', expiry]);
  }

  get fingerprint(): string {
    const lines = this.#gpg(['--list-keys', '--with-colons']).toString().split('\n');
    return lines.find((line) => line.startsWith('fpr:'))?.split(':')[9] ?? '';
  }

  publicKey(): Buffer {
    return this.#gpg(['--export']);
  }

  armoured(): Buffer {
    return this.#gpg(['--armor', '--export']);
  }

  clearsign(text: string | Buffer, options: string[] = []): Buffer {
    return this.#sign(text, [...options, '--clearsign']);
  }

  detached(bytes: string | Buffer, options: string[] = []): Buffer {
    return this.#sign(bytes, [...options, '--armor', '--detach-sign']);
  }

  [Symbol.dispose](): void {
    execFileSync('gpgconf', ['--homedir', this.#home, '--kill', 'gpg-agent']);
    rmSync(this.#home, { recursive: true, force: true });
  }

  #sign(bytes: string | Buffer, argv: string[]): Buffer {
    const file = path.join(this.#home, 'text');
    writeFileSync(file, bytes);
    return this.#gpg(['--output', '-', ...argv, file]);
  }

  #gpg(argv: string[]): Buffer {
    const unattended = ['--homedir', this.#home, '--batch', '--quiet', ...this.#time];
    const pinentry = ['--pinentry-mode', 'loopback', '--passphrase', ''];
    return execFileSync('gpg', [...unattended, ...pinentry, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
  }
}

export interface Asked {
  name: string;
  range?: string;
  ifRange?: string;
}

export class TestVendor implements AsyncDisposable {
  readonly files = new Map<string, Buffer>();
  readonly asked: Asked[] = [];
  ranges = true;
  validators = true;
  lengths = true;
  /** The next answers of large files stop after so many bytes, and end when they are cut off. */
  cuts: number[] = [];
  #held: ServerResponse | undefined;
  /** By file: where it leads. */
  readonly redirects = new Map<string, string>();
  /** By file, and each once. */
  readonly statuses = new Map<string, number[]>();
  readonly headers: Record<string, string> = {};
  #server = createServer((request, response) => this.#answer(request, response));

  static async start(): Promise<TestVendor> {
    const vendor = new TestVendor();
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get folder(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/images/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const name = path.basename(request.url ?? '');
    const { range, 'if-range': ifRange } = request.headers;
    this.asked.push({
      name,
      ...(range && { range }),
      ...(ifRange && { ifRange: String(ifRange) }),
    });
    const location = this.redirects.get(name);
    if (location !== undefined) {
      response.writeHead(302, { location }).end();
      return;
    }
    const bytes = this.files.get(name);
    const status = this.statuses.get(name)?.shift() ?? (bytes ? 200 : 404);
    if (!bytes || status !== 200) {
      response.writeHead(status).end();
      return;
    }
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    const [, start] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
    const same = ifRange === undefined || ifRange === etag;
    const from = this.ranges && start !== undefined && same ? Number(start) : 0;
    const partial = this.ranges && start !== undefined && same;
    const rest = bytes.subarray(from);
    response.writeHead(partial ? 206 : 200, {
      ...(this.validators && { etag }),
      ...(this.lengths && { 'content-length': rest.length }),
      ...(partial && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
      ...this.headers,
    });
    const cut = rest.length > 4096 ? this.cuts.shift() : undefined;
    if (cut === undefined) response.end(rest);
    else {
      this.#held = response;
      response.write(rest.subarray(0, cut));
    }
  }

  cutOff(): void {
    this.#held?.destroy();
  }
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** As Ubuntu has it: checksums of several files, signed apart. */
export function publishDetached(vendor: TestVendor, key: TestKey, image: Buffer): VendorImage {
  const list = `${'0'.repeat(64)} *other.img\n${sha256(image)} *disk.img\n`;
  vendor.files.set('disk.img', image);
  vendor.files.set('SHA256SUMS', Buffer.from(list));
  vendor.files.set('SHA256SUMS.gpg', key.detached(list));
  return entry(vendor, key, { file: 'disk.img', checksums: 'SHA256SUMS' }, 'SHA256SUMS.gpg');
}

/** As Fedora has it: checksums of BSD's form, clearsigned. */
export function publishClearsigned(vendor: TestVendor, key: TestKey, image: Buffer): VendorImage {
  const list = `# disk.qcow2: ${image.length} bytes\nSHA256 (disk.qcow2) = ${sha256(image)}\n`;
  vendor.files.set('disk.qcow2', image);
  vendor.files.set('CHECKSUM', key.clearsign(list));
  return entry(vendor, key, { file: 'disk.qcow2', checksums: 'CHECKSUM' });
}

/** As Alpine has it: the checksum alone, and the image itself signed. */
export function publishSignedImage(vendor: TestVendor, key: TestKey, image: Buffer): VendorImage {
  const hex = createHash('sha512').update(image).digest('hex');
  vendor.files.set('disk.qcow2', image);
  vendor.files.set('disk.qcow2.sha512', Buffer.from(`${hex}\n`));
  vendor.files.set('disk.qcow2.asc', key.detached(image));
  const files = { file: 'disk.qcow2', checksums: 'disk.qcow2.sha512' };
  const made = entry(vendor, key, files, 'disk.qcow2.asc');
  return { ...made, signature: { of: 'image', file: 'disk.qcow2.asc', fingerprints: [] } };
}

function entry(
  vendor: TestVendor,
  key: TestKey,
  files: Pick<VendorImage, 'file' | 'checksums'>,
  signature?: string,
): VendorImage {
  return {
    name: 'test-1',
    title: 'Test 1',
    folder: vendor.folder,
    ...files,
    signature: {
      of: 'checksums',
      ...(signature && { file: signature }),
      fingerprints: [key.fingerprint],
    },
    user: 'test',
    enaSupport: true,
  };
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** It is gone at the end of the process. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `im-${name}-`));
  folders.push(folder);
  return folder;
}

export const partBytesOf = (folder: string) => readFileSync(path.join(folder, 'image.part'));
