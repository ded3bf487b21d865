/**
 * Who has signed something, by Debian's gpgv with a keyring of the vendor's key alone, in an empty
 * home: nothing of the keys and settings of whoever runs Imago has a say. What gpgv says on its
 * status channel decides, besides its exit code.
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { binaryKeyring } from './keyring.ts';
import { VendorImageRefused } from './refused.ts';

const gpgv = '/usr/bin/gpgv';
const outputMaxBytes = 1024 * 1024;
/** SHA-256, SHA-384 and SHA-512, by OpenPGP's numbers. */
const goodHashes = ['8', '9', '10'];

export interface SignedBy {
  /** Of the primary key. */
  fingerprint: string;
}

interface Verification {
  keyring: Buffer;
  /** Any key of the keyring where it is empty. */
  fingerprints: readonly string[];
  /** Made, and removed at the end. */
  workFolder: string;
  /** Told in errors. */
  what: string;
  signal: AbortSignal;
}

/** `signed` is a file, or bytes. */
export async function verifyDetached({
  signed,
  signature,
  ...request
}: Verification & { signed: string | Buffer; signature: Buffer }): Promise<SignedBy> {
  return inWorkFolder(request, async (folder) => {
    const file = path.join(folder, 'signature');
    await writeFile(file, signature);
    const data = typeof signed === 'string' ? path.resolve(signed) : path.join(folder, 'data');
    if (typeof signed !== 'string') await writeFile(data, signed);
    return runGpgv(request, [file, data], 'detached');
  });
}

/** With the text that is signed, and nothing of what is around it. */
export async function verifyClearsigned({
  message,
  ...request
}: Verification & { message: Buffer }): Promise<SignedBy & { text: Buffer }> {
  return inWorkFolder(request, async (folder) => {
    const [file, output] = ['message', 'text'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ];
    await writeFile(file, message);
    const signedBy = await runGpgv(request, ['--output', output, file], 'clearsigned');
    if ((await stat(output)).size > message.length) throw notVerified(request, 'its text grows');
    return { ...signedBy, text: await readFile(output) };
  });
}

async function inWorkFolder<T>(
  { workFolder, keyring }: Verification,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await rm(workFolder, { recursive: true, force: true });
  await mkdir(workFolder, { recursive: true, mode: 0o700 });
  try {
    await writeFile(path.join(workFolder, 'keyring.gpg'), binaryKeyring(keyring));
    return await work(workFolder);
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

async function runGpgv(
  request: Verification,
  files: string[],
  form: 'detached' | 'clearsigned',
): Promise<SignedBy> {
  const { workFolder, signal } = request;
  await access(gpgv, constants.X_OK).catch(() => {
    throw new VendorImageRefused('gpgv is missing; install it with: apt-get install gpgv');
  });
  const keyring = path.join(workFolder, 'keyring.gpg');
  const argv = ['--homedir', workFolder, '--keyring', keyring, '--status-fd', '1', ...files];
  const options = { env: { LC_ALL: 'C' }, maxBuffer: outputMaxBytes, signal };
  const { failed, output } = await new Promise<{ failed: boolean; output: string }>((resolve) => {
    execFile(gpgv, argv, options, (error, stdout) =>
      resolve({ failed: error !== null, output: stdout }),
    );
  });
  signal.throwIfAborted();
  return signerOf(request, form, statusLines(output), failed);
}

function statusLines(output: string): string[][] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('[GNUPG:] '))
    .map((line) => line.split(' ').slice(1));
}

function signerOf(
  request: Verification,
  form: 'detached' | 'clearsigned',
  lines: string[][],
  failed: boolean,
): SignedBy {
  const of = (keyword: string) => lines.filter(([first]) => first === keyword);
  const [noKey] = of('NO_PUBKEY');
  if (noKey) throw notVerified(request, `it is signed by another key, ${noKey[1]}`);
  if (of('BADSIG').length > 0) throw notVerified(request, 'its signature is not of these bytes');
  for (const [keyword, why] of [
    ['EXPKEYSIG', 'the key has expired'],
    ['REVKEYSIG', 'the key was revoked'],
    ['EXPSIG', 'the signature has expired'],
  ] as const) {
    if (of(keyword).length > 0) throw notVerified(request, why);
  }
  // A message that bears a signature of its own, in place of a detached one, says nothing of the
  // file.
  const isMessage = of('PLAINTEXT').length > 0;
  const valid = of('VALIDSIG')[0];
  if (failed || !valid || of('GOODSIG').length === 0 || isMessage !== (form === 'clearsigned')) {
    throw notVerified(request, 'there is no good signature');
  }
  // VALIDSIG key date time expires version reserved algorithm hash class primary-key
  const [, key = '', , , , , , , hash = '', , fingerprint = key] = valid;
  if (!goodHashes.includes(hash)) throw notVerified(request, 'its signature is by a weak hash');
  const { fingerprints } = request;
  if (fingerprints.length > 0 && !fingerprints.includes(fingerprint)) {
    throw notVerified(request, `it is signed by another key, ${fingerprint}`);
  }
  return { fingerprint };
}

function notVerified({ what, fingerprints }: Verification, why: string): VendorImageRefused {
  const expected =
    fingerprints.length > 0 ? ` It must be signed by ${fingerprints.join(' or ')}.` : '';
  return new VendorImageRefused(
    `${what} cannot be verified: ${why}.${expected} Nothing of it was taken; try the vendor's own address or another mirror.`,
  );
}
