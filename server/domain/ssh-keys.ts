/**
 * SSH keys in the forms in which EC2 gives and takes them: made here as PEM (RSA) or in OpenSSH's
 * own form (ed25519), read from OpenSSH's one-line form, RFC 4716's or a base64 of DER. Only
 * encodings and fingerprints: key pairs as rows are key-pairs.ts.
 */
import {
  createHash,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';

export type SshKeyType = 'rsa' | 'ed25519';

export interface MadeKey {
  privateKey: string;
  /** `ssh-rsa AAAA…`, without a comment. */
  publicKey: string;
  fingerprint: string;
}

export interface ReadKey {
  keyType: SshKeyType;
  publicKey: string;
  fingerprint: string;
}

const generate = promisify(generateKeyPair);
/** EC2 makes RSA keys of this length, and takes these. */
const madeModulusBits = 2048;
const modulusBits = [1024, 2048, 4096];

export async function makeSshKey(keyType: SshKeyType): Promise<MadeKey> {
  return keyType === 'rsa' ? makeRsaKey() : makeEd25519Key();
}

async function makeRsaKey(): Promise<MadeKey> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: madeModulusBits });
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    publicKey: publicKeyLine(publicKey),
    fingerprint: hexPairs(createHash('sha1').update(der).digest()),
  };
}

async function makeEd25519Key(): Promise<MadeKey> {
  const { publicKey, privateKey } = await generate('ed25519');
  return {
    privateKey: openSshPrivateKey(privateKey),
    publicKey: publicKeyLine(publicKey),
    fingerprint: sha256Fingerprint(publicKey),
  };
}

/** Undefined when it is none of the forms, or no key that EC2 takes. */
export function readSshPublicKey(material: Uint8Array): ReadKey | undefined {
  const key = parsePublicKey(Buffer.from(material).toString('latin1').trim());
  if (key?.asymmetricKeyType === 'ed25519') {
    return {
      keyType: 'ed25519',
      publicKey: publicKeyLine(key),
      fingerprint: sha256Fingerprint(key),
    };
  }
  if (key?.asymmetricKeyType !== 'rsa') return undefined;
  if (!modulusBits.includes(key.asymmetricKeyDetails?.modulusLength ?? 0)) return undefined;
  const der = key.export({ type: 'spki', format: 'der' });
  return {
    keyType: 'rsa',
    publicKey: publicKeyLine(key),
    fingerprint: hexPairs(createHash('md5').update(der).digest()),
  };
}

function parsePublicKey(text: string): KeyObject | undefined {
  try {
    const [, type, line] =
      /^(ssh-rsa|ssh-ed25519)[ \t]+([A-Za-z0-9+/=]+)([ \t][^\n]*)?$/.exec(text) ?? [];
    if (line) return keyOfBlob(Buffer.from(line, 'base64'), type);
    const [, rfc4716] =
      /^---- BEGIN SSH2 PUBLIC KEY ----\r?\n([\s\S]*)\r?\n---- END SSH2 PUBLIC KEY ----$/.exec(
        text,
      ) ?? [];
    // Headers (`Comment: …`, with \ for lines that go on) come before the key.
    if (rfc4716) {
      const body = rfc4716.replace(/^[A-Za-z0-9-]+:[ \t].*(?:(?<=\\)\r?\n.*)*$/gm, '');
      return keyOfBlob(Buffer.from(body, 'base64'));
    }
    if (!/^[A-Za-z0-9+/=\s]+$/.test(text)) return undefined;
    return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  } catch {
    // node:crypto says no in many ways; to the caller they are all one: not a key.
    return undefined;
  }
}

/** RFC 4253 section 6.6 and RFC 8709: strings with a length before each. */
function keyOfBlob(blob: Buffer, expectedType?: string): KeyObject | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  const [type, first, second] = fields;
  const name = type?.toString();
  if (expectedType !== undefined && name !== expectedType) return undefined;
  if (name === 'ssh-ed25519' && fields.length === 2) {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: base64url(first) },
      format: 'jwk',
    });
  }
  if (name === 'ssh-rsa' && fields.length === 3) {
    const key = { kty: 'RSA', e: base64url(unsigned(first)), n: base64url(unsigned(second)) };
    return createPublicKey({ key, format: 'jwk' });
  }
  return undefined;
}

function publicKeyLine(key: KeyObject): string {
  return `${sshTypeOf(key)} ${publicBlob(key).toString('base64')}`;
}

function sshTypeOf(key: KeyObject): string {
  return key.asymmetricKeyType === 'rsa' ? 'ssh-rsa' : 'ssh-ed25519';
}

function publicBlob(key: KeyObject): Buffer {
  const { x, e, n } = key.export({ format: 'jwk' });
  const numbers = key.asymmetricKeyType === 'rsa' ? [e, n].map(positive) : [fromBase64url(x)];
  return Buffer.concat([sshString(sshTypeOf(key)), ...numbers.map(sshString)]);
}

/** OpenSSH's PROTOCOL.key, without a passphrase. */
function openSshPrivateKey(privateKey: KeyObject): string {
  const { x, d } = privateKey.export({ format: 'jwk' });
  const publicBytes = fromBase64url(x);
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicBytes)]);
  // The same number twice shows a reader that decryption worked.
  const check = randomBytes(4);
  const secret = [
    check,
    check,
    blob,
    sshString(Buffer.concat([fromBase64url(d), publicBytes])),
    sshString(''),
  ];
  const paddingBytes = -Buffer.concat(secret).length & 7;
  const padding = Buffer.from(Array.from({ length: paddingBytes }, (_, index) => index + 1));
  const none = sshString('none');
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    sshString(''),
    uint32(1),
    sshString(blob),
    sshString(Buffer.concat([...secret, padding])),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function sha256Fingerprint(key: KeyObject): string {
  return createHash('sha256').update(publicBlob(key)).digest('base64');
}

function hexPairs(digest: Buffer): string {
  return digest.toString('hex').replace(/..(?=.)/g, '$&:');
}

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** SSH's mpint: a leading zero byte where the number would look negative. */
function positive(text: string | undefined): Buffer {
  const bytes = fromBase64url(text);
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}

function unsigned(mpint: Buffer | undefined): Buffer {
  const bytes = mpint ?? Buffer.alloc(0);
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

function base64url(bytes: Buffer | undefined): string {
  return (bytes ?? Buffer.alloc(0)).toString('base64url');
}

function fromBase64url(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'base64url');
}
