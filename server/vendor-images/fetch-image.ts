/**
 * A vendor's image, fetched and verified: the signature first, where the checksums are signed, so
 * that nothing large is fetched for nothing; the file's own checksum at its end, of the bytes as
 * they are on the disk. Nothing here reads what is in the image.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { VendorImage, VendorSignature } from '../domain/vendor-images/vendor-image.ts';
import { adviceOf, verificationOf } from '../domain/vendor-images/verification.ts';
import type { Files } from '../files/files.ts';
import { type Checksum, checksumOf } from './checksum-list.ts';
import { discard, download, partOf } from './download.ts';
import { getSmall } from './get.ts';
import { VendorImageRefused } from './refused.ts';
import { verifyClearsigned, verifyDetached } from './signature.ts';

const listMaxBytes = 1024 * 1024;
const signatureMaxBytes = 64 * 1024;
/** Vendors' cloud images are a tenth of it. */
export const imageFileMaxBytes = 8 * 1024 ** 3;
const readBytes = 1024 * 1024;

export interface FetchRequest {
  image: VendorImage;
  /** Instead of the vendor's own folder. */
  from?: string;
  /** Instead of the keyring that the entry names. */
  keyring?: Buffer;
  /** Where the part is kept; what is verified with is beside it for a moment. */
  folder: string;
  files: Files;
  signal: AbortSignal;
  onProgress(doneBytes: number, totalBytes: number | undefined): void;
  maxBytes?: number;
  pauseMs?: number;
}

export interface FetchedImage {
  path: string;
  checksum: Checksum;
  /** Fingerprint of the primary key. */
  signedBy: string;
}

export async function fetchImage(request: FetchRequest): Promise<FetchedImage> {
  try {
    return await fetchVerified(request);
  } catch (error) {
    // Where nothing was fetched, or what was is discarded.
    await request.files.rmdir(request.folder).catch(() => {});
    throw error;
  }
}

async function fetchVerified(request: FetchRequest): Promise<FetchedImage> {
  const { image, signal, files, folder } = request;
  const { signature } = image;
  const keyring = request.keyring ?? (await keyringOf(signature));
  if (!signature || !keyring) {
    const advice = adviceOf(image, verificationOf(image, keyring !== undefined));
    throw new VendorImageRefused(`${image.title} cannot be verified. ${advice}`);
  }
  const addressOf = (name: string) => new URL(name, request.from ?? image.folder);
  const small = (name: string, maxBytes: number) => getSmall(addressOf(name), maxBytes, { signal });
  const how = {
    keyring,
    fingerprints: signature.fingerprints,
    workFolder: path.join(folder, 'verify'),
    signal,
  };
  const list = await small(image.checksums, listMaxBytes);
  const detached = signature.file ? await small(signature.file, signatureMaxBytes) : undefined;
  const told =
    signature.of === 'checksums'
      ? await verifiedList({ list, detached, how, name: image.checksums })
      : { text: list, fingerprint: undefined };
  const { file, checksums: name } = image;
  const checksum = checksumOf(told.text.toString('utf8'), { file, name });
  const { maxBytes = imageFileMaxBytes, onProgress, pauseMs } = request;
  const url = addressOf(file);
  await download({ url, folder, maxBytes, files, signal, onProgress, pauseMs });
  const part = partOf(folder);
  if ((await hashOf(part, checksum.algorithm, request)) !== checksum.hex) {
    await discard(files, folder);
    throw new VendorImageRefused(
      `${url.href} does not have the checksum that is published of it. It was not taken: pull it again, or from another mirror with --from.`,
    );
  }
  if (told.fingerprint) return { path: part, checksum, signedBy: told.fingerprint };
  const verification = { ...how, what: file, signed: part, signature: detached as Buffer };
  const { fingerprint } = await verifyDetached(verification).catch(async (error) => {
    if (error instanceof VendorImageRefused) await discard(files, folder);
    throw error;
  });
  return { path: part, checksum, signedBy: fingerprint };
}

async function keyringOf(signature: VendorSignature | undefined): Promise<Buffer | undefined> {
  if (!signature?.keyring) return undefined;
  return await readFile(signature.keyring.file).catch(() => undefined);
}

interface ListVerification {
  list: Buffer;
  detached: Buffer | undefined;
  how: Omit<Parameters<typeof verifyClearsigned>[0], 'message' | 'what'>;
  name: string;
}

async function verifiedList({ list, detached, how, name }: ListVerification) {
  const request = { ...how, what: name };
  if (!detached) return await verifyClearsigned({ ...request, message: list });
  return {
    ...(await verifyDetached({ ...request, signed: list, signature: detached })),
    text: list,
  };
}

async function hashOf(
  file: string,
  algorithm: string,
  { files, signal, onProgress }: FetchRequest,
): Promise<string> {
  await using handle = await files.open(path.resolve(file), 'read');
  const { sizeBytes } = await handle.stat();
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(readBytes);
  for (let at = 0; at < sizeBytes; ) {
    signal.throwIfAborted();
    const length = await handle.read(buffer, at);
    if (length === 0) break;
    hash.update(buffer.subarray(0, length));
    at += length;
    onProgress(sizeBytes, sizeBytes);
  }
  return hash.digest('hex');
}
