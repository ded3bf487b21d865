/**
 * The restic program itself, asked what `forget --dry-run` would keep: of a repository that has
 * snapshots of the given times and tags and nothing else. The repository is written here, as restic's
 * design document describes it, since the program would take a second for each snapshot.
 * https://restic.readthedocs.io/en/stable/100_references.html
 */
import { execFile } from 'node:child_process';
import { createCipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const password = 'of a test';
const outputMax = 64 * 1024 ** 2;

export interface ResticSnapshot {
  /** With the offset of its time zone, by which restic takes its days. */
  time: string;
  tags: readonly string[];
}

/** By the time of each, as it was given: why it is kept. Those without a reason are not in it. */
export type ResticReasons = Map<string, string[]>;

export class ResticProgram {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async of(snapshots: readonly ResticSnapshot[]): Promise<ResticProgram> {
    const folder = await mkdtemp(path.join(tmpdir(), 'im-restic-'));
    await writeRepository(folder, snapshots);
    return new ResticProgram(folder);
  }

  /** In a time zone, as if it were the host's. */
  async forget(options: readonly string[], timezone: string): Promise<ResticReasons> {
    const words = ['--json', '--no-cache', '--no-lock', '-r', this.#folder, 'forget', '--dry-run'];
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', RESTIC_PASSWORD: password, TZ: timezone };
    const argv = [...words, '-g', '', ...options];
    const { stdout } = await promisify(execFile)('restic', argv, { env, maxBuffer: outputMax });
    const [{ reasons = [] } = {}] = JSON.parse(stdout) as {
      reasons?: { snapshot: { time: string }; matches: string[] }[];
    }[];
    return new Map(reasons.map(({ snapshot, matches }) => [snapshot.time, matches]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

interface Keys {
  encrypt: Buffer;
  mac: { k: Buffer; r: Buffer };
}

async function writeRepository(folder: string, snapshots: readonly ResticSnapshot[]) {
  for (const name of ['data', 'index', 'keys', 'locks', 'snapshots']) {
    await mkdir(path.join(folder, name));
  }
  const keys = keysOf(randomBytes(64));
  // What makes it slow to guess the password has no use here.
  const kdf = { N: 2, r: 1, p: 1 };
  const salt = randomBytes(64);
  const ofPassword = keysOf(scryptSync(password, salt, 64, kdf));
  const master = {
    mac: { k: keys.mac.k.toString('base64'), r: keys.mac.r.toString('base64') },
    encrypt: keys.encrypt.toString('base64'),
  };
  const created = '2026-01-01T00:00:00Z';
  const about = { created, username: 'test', hostname: 'test', kdf: 'scrypt', ...kdf };
  const data = sealed(ofPassword, master).toString('base64');
  const key = JSON.stringify({ ...about, salt: salt.toString('base64'), data });
  await writeNamed(path.join(folder, 'keys'), Buffer.from(key));
  const id = randomBytes(32).toString('hex');
  const config = { version: 1, id, chunker_polynomial: '3eed3e594f0a47' };
  await writeFile(path.join(folder, 'config'), sealed(keys, config));
  const tree = '0'.repeat(64);
  for (const { time, tags } of snapshots) {
    const snapshot = { time, tree, paths: ['/'], hostname: 'test', username: 'test', tags };
    await writeNamed(path.join(folder, 'snapshots'), sealed(keys, snapshot));
  }
}

function writeNamed(folder: string, bytes: Buffer): Promise<void> {
  return writeFile(path.join(folder, createHash('sha256').update(bytes).digest('hex')), bytes);
}

function keysOf(bytes: Buffer): Keys {
  const [encrypt, k, r] = [bytes.subarray(0, 32), bytes.subarray(32, 48), bytes.subarray(48)];
  return { encrypt, mac: { k, r } };
}

/** AES-256 in counter mode, and Poly1305 over it whose second half is the nonce under AES-128. */
function sealed({ encrypt, mac }: Keys, document: object): Buffer {
  const nonce = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', encrypt, nonce);
  const bytes = Buffer.concat([cipher.update(JSON.stringify(document)), cipher.final()]);
  const block = createCipheriv('aes-128-ecb', mac.k, null).setAutoPadding(false);
  const s = Buffer.concat([block.update(nonce), block.final()]);
  return Buffer.concat([nonce, bytes, poly1305(bytes, mac.r, s)]);
}

function poly1305(message: Buffer, r: Buffer, s: Buffer): Buffer {
  const prime = 2n ** 130n - 5n;
  const factor = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(part) + 2n ** BigInt(8 * part.length)) * factor) % prime;
  }
  const tag = (sum + littleEndian(s)) % 2n ** 128n;
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
