/**
 * Signatures as minisign has them, so that `minisign -V` verifies them: Ed25519 over the BLAKE2b of
 * a file, and once more over that with a comment that is trusted. It neither keeps keys nor asks
 * for passwords. The format is in minisign's manual.
 *
 *   public key   base64 of: "Ed", number of the key (8), public key (32)
 *   signature    base64 of: "ED", number of the key (8), signature of the BLAKE2b-512 (64)
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';

export const seedBytes = 32;
const numberBytes = 8;
const publicKeyBytes = 32;
const signatureBytes = 64;
const plainMark = Buffer.from('Ed');
const hashedMark = Buffer.from('ED');
/** What DER has before the seed and before the public key of Ed25519: RFC 8410. */
const seedHead = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex');
const untrusted = 'untrusted comment: ';
const trusted = 'trusted comment: ';

export interface MinisignKey {
  /** As minisign prints it: a number in capital digits of hex. */
  id: string;
  publicKey: Buffer;
}

export interface MinisignSecret extends MinisignKey {
  seed: Buffer;
}

export function newSecret(): MinisignSecret {
  const seed = randomBytes(seedBytes);
  const publicKey = rawPublicKey(createPublicKey(privateKeyOf(seed)));
  return { id: keyIdOf(randomBytes(numberBytes)), publicKey, seed };
}

/** What `minisign -P` takes, and the second line of a key's file. */
export function publicKeyText({ id, publicKey }: MinisignKey): string {
  return Buffer.concat([plainMark, numberOf(id), publicKey]).toString('base64');
}

/** Undefined where it is none. */
export function readPublicKey(text: string): MinisignKey | undefined {
  const bytes = Buffer.from(text, 'base64');
  const head = plainMark.length + numberBytes;
  if (bytes.length !== head + publicKeyBytes || !bytes.subarray(0, 2).equals(plainMark)) {
    return undefined;
  }
  if (bytes.toString('base64') !== text) return undefined;
  return { id: keyIdOf(bytes.subarray(2, head)), publicKey: bytes.subarray(head) };
}

/** The text of a `.minisig`. The comment is one line. */
export function signFile(secret: MinisignSecret, file: Buffer, comment: string): string {
  const key = privateKeyOf(secret.seed);
  const signature = sign(null, blake2b(file), key);
  const whole = sign(null, Buffer.concat([signature, Buffer.from(comment)]), key);
  const line = Buffer.concat([hashedMark, numberOf(secret.id), signature]).toString('base64');
  return [
    `${untrusted}signature from Imago, key ${secret.id}`,
    line,
    `${trusted}${comment}`,
    `${whole.toString('base64')}\n`,
  ].join('\n');
}

/** Whether that key has signed the file and the comment of the signature. */
export function isSignedBy(key: MinisignKey, file: Buffer, signatureFile: string): boolean {
  const [, line = '', comment = '', whole = ''] = signatureFile.split('\n');
  const bytes = Buffer.from(line, 'base64');
  const head = hashedMark.length + numberBytes;
  if (bytes.length !== head + signatureBytes || !bytes.subarray(0, 2).equals(hashedMark)) {
    return false;
  }
  if (keyIdOf(bytes.subarray(2, head)) !== key.id || !comment.startsWith(trusted)) return false;
  const signature = bytes.subarray(head);
  const publicKey = createPublicKey({
    key: Buffer.concat([publicKeyHead, key.publicKey]),
    format: 'der',
    type: 'spki',
  });
  const signed = Buffer.concat([signature, Buffer.from(comment.slice(trusted.length))]);
  return (
    verify(null, blake2b(file), publicKey, signature) &&
    verify(null, signed, publicKey, Buffer.from(whole, 'base64'))
  );
}

function blake2b(bytes: Buffer): Buffer {
  return createHash('blake2b512').update(bytes).digest();
}

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([seedHead, seed]), format: 'der', type: 'pkcs8' });
}

function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(publicKeyHead.length);
}

/** The number is little-endian, and printed as a number. */
function keyIdOf(number: Buffer): string {
  return number.readBigUInt64LE().toString(16).toUpperCase();
}

function numberOf(id: string): Buffer {
  const number = Buffer.alloc(numberBytes);
  number.writeBigUInt64LE(BigInt(`0x${id}`));
  return number;
}
